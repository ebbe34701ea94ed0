"""Output layer and cross-entropy as one, without ``tokens × vocabulary`` numbers in float32.

    L = -1/N Σ_n log p_n(t_n),   p_n = softmax(W s_n + b),   ∂L/∂logits_nv = (p_nv - [v = t_n]) / N

The forward pass goes through the tokens some at a time, in float32, and leaves the gradient of the
logits in the precision of the matrix products; gradients of states, table and bias follow at once,
so that the backward pass only has to scale them (as in the Liger kernels; Hsu et al., 2024).
Shape letters are those of ``swae_text.config``; ``N`` real tokens of a batch.
"""

from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

_NUMBERS = 1 << 20  # logits at once: 4 MB in float32, which fits beside the table into a cache
_TIMES_ON_A_GPU = 64  # which is busy with large pieces alone; each piece costs a dozen launches


def linear_cross_entropy(
    states: Float[Tensor, "real width"],
    table: Float[Tensor, "vocab width"],
    bias: Float[Tensor, " vocab"],
    targets: Int[Tensor, " real"],
) -> Float[Tensor, ""]:
    """``cross_entropy(linear(states, table, bias).float(), targets)``, differentiable once."""
    device = states.device.type
    low = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype
    with torch.autocast(device, enabled=False):
        loss = _LinearCrossEntropy.apply(states, table, bias, targets, low)  # type: ignore[no-untyped-call]
    return cast(Tensor, loss)


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states_NW: Tensor, table: Tensor, bias: Tensor, targets: Tensor, low: torch.dtype
    ) -> Tensor:
        s_NW, w_VW, (N, V) = states_NW.to(low), table.to(low), (len(states_NW), len(table))
        nats = torch.zeros((), device=table.device)
        gradient_NV = s_NW.new_empty(N, V)
        times = 1 if states_NW.device.type == "cpu" else _TIMES_ON_A_GPU
        size = max(1, times * _NUMBERS // V)
        parts = [torch.split(part, size) for part in (s_NW, targets[:, None], gradient_NV)]
        for s_nW, t_n1, out_nV in zip(*parts, strict=True):
            logits_nV = torch.mm(s_nW, w_VW.T).float().add_(bias)
            top_n1 = logits_nV.amax(1, keepdim=True)
            right_n1 = logits_nV.gather(1, t_n1)
            mass_n1 = logits_nV.sub_(top_n1).exp_().sum(1, keepdim=True)
            nats += (mass_n1.log() + top_n1 - right_n1).sum()
            logits_nV.div_(mass_n1 * N)
            logits_nV.scatter_add_(1, t_n1, torch.full_like(right_n1, -1 / N))
            out_nV.copy_(logits_nV)
        ctx.save_for_backward(
            torch.mm(gradient_NV, w_VW).to(states_NW.dtype),
            torch.mm(gradient_NV.T, s_NW).to(table.dtype),
            gradient_NV.sum(0, dtype=bias.dtype),
        )
        return nats / N

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> Any:
        states, table, bias = ctx.saved_tensors
        return states * scale, table * scale, bias * scale, None, None
