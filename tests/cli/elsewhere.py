"""``swae-text`` with one more device, named ``elsewhere``: is all there that has to be?

A tensor of that device says that it lies there and lies on the CPU. Work on tensors of two devices
is refused as a GPU refuses it, so that a forgotten ``.to(device)`` shows without a GPU. PyTorch has
a place for a device that is written in Python; it lacks generators, inference mode, and tensors
made of lists, which are replaced below.
"""

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _setup_privateuseone_for_python_backend,
)

NAME = "elsewhere"
_ATEN = torch.ops.aten
_ON_BOTH = {
    _ATEN._to_copy.default,
    _ATEN.copy_.default,
    _ATEN.index.Tensor,
    _ATEN.index_put.default,
    _ATEN.index_put_.default,
}
"""Those copy, or take indices from the CPU: GPUs do, too."""


class Elsewhere(torch.Tensor):
    """A tensor that is not on the CPU, around the one on the CPU that has its numbers."""

    here: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> "Elsewhere":
        facts = {"strides": here.stride(), "storage_offset": here.storage_offset()}
        return torch.Tensor._make_wrapper_subclass(
            cls, here.size(), dtype=here.dtype, device=f"{NAME}:0", **facts
        )

    def __init__(self, here: torch.Tensor) -> None:
        self.here = here

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, *args, **(kwargs or {}))

    def __getitem__(self, index: Any) -> torch.Tensor:
        return torch.Tensor.__getitem__(self, _indices(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(value, torch.Tensor):
            value = Elsewhere(torch.tensor(value, dtype=self.dtype))
        torch.Tensor.__setitem__(self, _indices(index), value)

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def new_tensor(self, data: Any, dtype: torch.dtype | None = None) -> torch.Tensor:
        return Elsewhere(torch.tensor(data, dtype=dtype or self.dtype))


def _run(func: Any, *args: Any, **kwargs: Any) -> Any:
    """Do on the CPU what was to be done elsewhere.

    Raises:
        RuntimeError: some of the tensors are here and some there.
    """
    tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
    there = [isinstance(x, Elsewhere) for x in tensors if x.dim() or isinstance(x, Elsewhere)]
    if len(set(there)) > 1 and func not in _ON_BOTH:
        raise RuntimeError(f"{func}: tensors on two devices")
    asked = kwargs.pop("device", None)
    if asked is not None:
        kwargs["device"] = "cpu"
    args, kwargs = tree_map(lambda x: x.here if isinstance(x, Elsewhere) else x, (args, kwargs))
    made = func(*args, **kwargs)
    if func._schema.is_mutable and tensors:
        return tensors[0]
    if asked is None and not any(there):
        return made
    if asked is not None and torch.device(asked).type != NAME:
        return made
    return tree_map(lambda x: Elsewhere(x) if isinstance(x, torch.Tensor) else x, made)


def _indices(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(map(_indices, index))
    return torch.tensor(index) if isinstance(index, list) else index


def _moved(make: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Made on the CPU first: PyTorch makes these in ways that are not open to Python."""

    def made(*args: Any, device: Any = None, **kwargs: Any) -> torch.Tensor:
        return make(*args, **kwargs) if device is None else make(*args, **kwargs).to(device)

    return made


def _inference_mode(mode: Any = True) -> Any:
    """Views of what inference mode makes cannot be wrapped: no gradients is as much as needed."""
    if callable(mode):
        return torch.no_grad()(mode)
    return torch.no_grad() if mode else torch.enable_grad()


class _Backend(_DummyBackendModule):
    """Knows what autocast has to know."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]


class _Generator(torch._C.Generator):
    """Of the CPU, wherever it is to be."""

    def __new__(cls, device: Any = "cpu") -> "_Generator":
        return super().__new__(cls, "cpu")


if __name__ == "__main__":
    _setup_privateuseone_for_python_backend(NAME, backend_module=_Backend())
    library = torch.library.Library("_", "IMPL")
    library.fallback(_run, "PrivateUse1")
    torch.inference_mode = _inference_mode
    torch.Generator = _Generator
    for name in ("tensor", "as_tensor", "arange"):
        setattr(torch, name, _moved(getattr(torch, name)))
    from swae_text.cli.app import main

    sys.exit(main(sys.argv[1:]))
