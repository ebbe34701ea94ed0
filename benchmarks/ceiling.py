"""The ceiling: how fast this machine multiplies matrices.

On a CPU of the sizes that training multiplies: forward, gradient of the input and gradient of the
weights, of every linear map of the default Transformer and of its output layer. On a GPU of a size
that fills it, so that a share of the ceiling is the MFU.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from benchmarks.measuring import DEVICE, Row, Settings, compared, in_turns, median

SIZES = {
    "cpu": (720, ((256, 256), (256, 512), (256, 1024), (1024, 256), (256, 4000))),
    "cuda": (8192, ((8192, 8192),)),
}
TOKENS, SHAPES = SIZES[DEVICE.type]
TIMES = 20 if DEVICE.type == "cpu" else 1
TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def rows(settings: Settings) -> Iterator[Row]:
    """One row a precision."""
    runs = {name: multiplying(name) for name in TYPES}
    seconds = median(in_turns(runs, settings.at(15, 2)))
    yield from compared({name: gigaflops(seconds[name]) for name in TYPES}, "GFLOP/s", "float32")


def multiplying(precision: str) -> Callable[[], None]:
    """All three products of every size, so often that it takes a third of a second or more."""
    operands = [_operands(*shape, TYPES[precision]) for shape in SHAPES]

    def run() -> None:
        for _ in range(TIMES):
            for x, weight, gradient in operands:
                _products(x, weight, gradient)

    return run


def gigaflops(seconds: float) -> float:
    """GFLOP/s of one call of ``multiplying``."""
    return TIMES * sum(6 * TOKENS * inputs * outputs for inputs, outputs in SHAPES) / seconds / 1e9


def _operands(inputs: int, outputs: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    sizes = ((TOKENS, inputs), (outputs, inputs), (TOKENS, outputs))
    x, weight, gradient = (torch.randn(size, device=DEVICE).to(dtype) for size in sizes)
    return x, weight, gradient


def _products(x: Tensor, weight: Tensor, gradient: Tensor) -> None:
    x @ weight.T
    gradient @ weight
    gradient.T @ x
