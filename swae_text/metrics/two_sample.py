"""Can a classifier tell two clouds of codes apart? The classifier two-sample test.

    accuracy = share of held-out codes whose side is told rightly     (Lopez-Paz & Oquab, 2017)

0.5: it cannot tell, as far as this classifier sees; 1: it always can. For equal distributions the
accuracy of ``n`` held-out codes is 0.5 ± ½/√n (one standard error). The classifier is a perceptron
with one hidden layer on [x, x²], standardised, trained for a fixed number of full-batch steps of
Adam: means, variances and simple dependencies are what it can see. It is a lower bound of what
tells the two apart, and comparable only between clouds of the same size.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from swae_text.errors import CorpusError

HIDDEN, STEPS, LEARNING_RATE, WEIGHT_DECAY = 32, 100, 0.01, 0.01
_MOST = 10_000  # codes of a side that are looked at


@dataclass(frozen=True, slots=True)
class TwoSample:
    """How well two clouds were told apart."""

    accuracy: float
    """Share of held-out codes told rightly, in [0, 1]; 0.5 is a guess."""
    error: float
    """Standard error of a guess: ½/√n."""
    n: int
    """Held-out codes, as many of each side."""
    n_train: int
    """Codes the classifier was trained on, as many of each side."""
    signature: str
    """The classifier and its training."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def two_sample_accuracy(a: Tensor, b: Tensor, *, generator: torch.Generator) -> TwoSample:
    """Train on one half of both clouds, tell the other half apart.

    Args:
        a: codes ``[n, dim]``, real ones for instance.
        b: codes ``[m, dim]``, generated ones. The larger cloud is thinned to the size of the other.
        generator: draws the halves and the first weights.

    Raises:
        CorpusError: fewer than four codes on a side, or codes of two sizes.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        shapes = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise CorpusError(f"codes of shape {shapes} cannot be told apart: give [n, dim] twice")
    half = min(len(a), len(b), _MOST) // 2
    if half < 2:
        raise CorpusError(f"{len(a)} and {len(b)} codes are too few: give four or more of each")
    sides = [_thinned(side, 2 * half, generator) for side in (a, b)]
    train = torch.cat([side[:half] for side in sides])
    test = torch.cat([side[half:] for side in sides])
    told = _tell(train, test, generator)
    truth = torch.arange(2 * half, device=told.device) >= half
    return TwoSample(
        accuracy=(told == truth).double().mean().item(),
        error=0.5 / math.sqrt(2 * half),
        n=2 * half,
        n_train=2 * half,
        signature=f"mlp:{HIDDEN}|features:x,x²|steps:{STEPS}|adam:{LEARNING_RATE}|held-out:half",
    )


def _thinned(
    x: Float[Tensor, "n dim"], size: int, generator: torch.Generator
) -> Float[Tensor, "size dim"]:
    """As many rows, drawn without replacement."""
    order = torch.randperm(len(x), generator=generator, device=generator.device)[:size]
    return x.detach()[order.to(x.device)].float()


def _tell(
    train: Float[Tensor, "n dim"], test: Float[Tensor, "m dim"], generator: torch.Generator
) -> Bool[Tensor, " m"]:
    """Whether each row of ``test`` looks like the second half of ``train``."""
    mean, std = train.mean(0), train.std(0).clamp_min(torch.finfo(train.dtype).eps)
    # callers may be in inference mode, whose tensors know no gradient
    with torch.inference_mode(False), torch.enable_grad():
        seen, unseen = (_features((x.clone() - mean) / std) for x in (train, test))
        weights = _first_weights(seen.shape[1], generator, seen)
        optimiser = torch.optim.AdamW(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        label = (torch.arange(len(seen), device=seen.device) >= len(seen) // 2).to(seen)
        for _ in range(STEPS):
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                _logits(seen, weights), label
            )
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return _logits(unseen, weights).detach() > 0


def _features(x: Float[Tensor, "n dim"]) -> Float[Tensor, "n features"]:
    """Values and squares: without the squares a line cannot see a difference of spread."""
    return torch.cat([x, x.square() - 1], dim=1)


def _first_weights(
    features: int, generator: torch.Generator, like: Float[Tensor, "n features"]
) -> list[Float[Tensor, "..."]]:
    """Weights and biases of two layers, the second one at zero: it starts from a guess."""
    device = generator.device
    first = torch.randn(features, HIDDEN, generator=generator, device=device) / math.sqrt(features)
    weights = [first.to(like), *(torch.zeros(size).to(like) for size in (HIDDEN, HIDDEN, 1))]
    return [weight.requires_grad_() for weight in weights]


def _logits(
    x: Float[Tensor, "n features"], weights: list[Float[Tensor, "..."]]
) -> Float[Tensor, " n"]:
    """Log odds of the second side."""
    first, bias, second, offset = weights
    return (x @ first + bias).relu() @ second + offset
