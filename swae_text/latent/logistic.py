"""Multinomial logistic regression on vectors: what a straight line can tell, and how surely.

    min over W, b   mean −log softmax(W z + b)[label]  +  λ/2 |W|²

The optimum is unique, so no seed is needed; it is found by L-BFGS. Give standardised vectors, or
use ``linear_reader``, which standardises them itself.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

WEIGHT_DECAY, STEPS = 1e-4, 100
SIGNATURE = f"logistic|decay:{WEIGHT_DECAY}|lbfgs:{STEPS}"


def logistic_regression(
    z: Float[Tensor, "n dim"], labels: Int[Tensor, " n"]
) -> tuple[Float[Tensor, "classes dim"], Float[Tensor, " classes"]]:
    """Weights and biases at the optimum, for labels from 0."""
    # callers may be in inference mode, whose tensors know no gradient
    with torch.inference_mode(False), torch.enable_grad():
        z, labels = z.clone().float(), labels.clone()
        classes = int(labels.max()) + 1
        weight = torch.zeros(classes, z.shape[1], device=z.device, requires_grad=True)
        bias = torch.zeros(classes, device=z.device, requires_grad=True)
        solver = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            solver.zero_grad()
            nats = torch.nn.functional.cross_entropy(z @ weight.T + bias, labels)
            total = nats + 0.5 * WEIGHT_DECAY * weight.square().sum()
            total.backward()  # type: ignore[no-untyped-call]
            return total

        solver.step(loss)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def linear_reader(
    z: Float[Tensor, "n dim"], labels: Int[Tensor, " n"]
) -> tuple[Float[Tensor, "classes dim"], Float[Tensor, " classes"]]:
    """The same of standardised vectors; weights and biases are in the units of those given."""
    mean, std = z.mean(0), z.std(0).clamp_min(torch.finfo(z.dtype).eps)
    weight, bias = logistic_regression((z - mean) / std, labels)
    weight = (weight / std).to(z)
    return weight, bias.to(z) - weight @ mean
