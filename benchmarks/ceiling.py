"""The ceiling: how fast this machine multiplies matrices.

On a CPU of the sizes that training multiplies: forward, gradient of the input and gradient of the
weights, of every linear map of the default Transformer and of its output layer, weighted by what
they cost. On a GPU of a size that fills it, so that a share of the ceiling is the MFU.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.measuring import DEVICE, Row, Settings, compared, in_turns, median

SIZES = {
    "cpu": (720, ((256, 256), (256, 512), (256, 1024), (1024, 256), (256, 4000))),
    "cuda": (8192, ((8192, 8192),)),
}
TOKENS, SHAPES = SIZES[DEVICE.type]
TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def gigaflops(settings: Settings) -> dict[str, float]:
    """GFLOP/s of each precision."""
    operands = {
        (name, *shape): _operands(*shape, dtype)
        for name, dtype in TYPES.items()
        for shape in SHAPES
    }
    variants = {key: (lambda key=key: _products(*operands[key])) for key in operands}
    named = {"/".join(map(str, key)): run for key, run in variants.items()}
    best = median(in_turns(named, settings.at(15, 2)))
    work = sum(6 * TOKENS * inputs * outputs for inputs, outputs in SHAPES)
    return {name: work / sum(best[f"{name}/{i}/{o}"] for i, o in SHAPES) / 1e9 for name in TYPES}


def rows(settings: Settings) -> Iterator[Row]:
    """One row a precision."""
    yield from compared(gigaflops(settings), "GFLOP/s", "float32")


def _operands(inputs: int, outputs: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    sizes = ((TOKENS, inputs), (outputs, inputs), (TOKENS, outputs))
    x, weight, gradient = (torch.randn(size, device=DEVICE).to(dtype) for size in sizes)
    return x, weight, gradient


def _products(x: Tensor, weight: Tensor, gradient: Tensor) -> None:
    x @ weight.T
    gradient @ weight
    gradient.T @ x
