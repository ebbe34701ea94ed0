"""Matrix products in 8-bit integers, for a model that is used and not trained.

    x̂ = round(x / s) + o   in 0 … 255, one s and o for all that a product is given    (each time)
    Ŵ_i = round(W_i / s_i)   in -127 … 127, one s_i for each row of W                   (once)
    y_i = s s_i Σ_j (x̂_j - o) Ŵ_ij + b_i,   summed in 32-bit integers

Jacob et al. (2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference"); x is measured as it comes ("dynamic"), so what a sentence gives
depends a little on those that it shares a batch with. The kernels are PyTorch's, which means to do
without the type that it packs such weights from (its issue 184982): hence a refusal where it has.
"""

import warnings
from functools import cache

import torch
from torch import Tensor, nn

from swae_text.errors import ConfigError


class IntegerLinear(nn.Module):
    """``W x + b`` with ``W`` in 8 bits; takes and gives float32, on a CPU.

    Raises:
        ConfigError: PyTorch has no such kernels for this processor.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        try:
            self.packed, self.narrow = _packed(weight, bias), _overflows()
        except (AttributeError, RuntimeError) as error:
            version = torch.__version__
            raise ConfigError(
                f"int8: PyTorch {version} has no kernels for it here: choose another precision"
            ) from error

    def forward(self, x: Tensor) -> Tensor:
        """Rows of ``x`` to rows of ``y``."""
        y: Tensor = torch.ops.quantized.linear_dynamic(x, self.packed, self.narrow)
        return y


def multiply_in_integers(module: nn.Module) -> None:
    """Put an ``IntegerLinear`` in place of every linear map within a module."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, IntegerLinear(child.weight, child.bias))
        else:
            multiply_in_integers(child)


@torch.no_grad()
def _packed(weight: Tensor, bias: Tensor | None) -> torch.ScriptObject:
    scales = weight.abs().amax(1).clamp_min(torch.finfo(torch.float32).tiny).double() / 127
    zeros = torch.zeros(len(weight), dtype=torch.int64)
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        integers = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
    packed: torch.ScriptObject = torch.ops.quantized.linear_prepack(integers, bias)
    return packed


@cache
def _overflows() -> bool:
    """Whether sums of two products must fit 16 bits, as in processors without VNNI instructions.

    Then x is kept to 7 bits.
    """
    ones = torch.ones(1, 64)
    y: Tensor = torch.ops.quantized.linear_dynamic(ones, _packed(ones, None), False)
    return abs(y.item() - 64) > 1
