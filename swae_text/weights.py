"""Weights as safetensors, compared with the settings before they take memory.

    settings ──▶ outline: shapes without memory        file's header ──▶ shapes
    equal? ──▶ numbers, raised to float32 ──▶ finite? ──▶ the outline is filled

So a model never takes more memory than its file has bytes (twice that from half precision), and
settings that ask for terabytes are refused by the name of a tensor.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from swae_text.errors import ModelFolderError

Module = TypeVar("Module", bound=nn.Module)
Shape: TypeAlias = tuple[int, ...]
KINDS = ("F32", "F16", "BF16")
LARGEST_HEADER = 1 << 22
"""Bytes of a header at most: tens of thousands of tensors."""


class _Outline(TorchFunctionMode):
    """On the meta device, what fills a tensor is skipped.

    It would do nothing there, and loads torch's compiler to do it, which takes a second.
    """

    def __torch_function__(
        self, call: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if call is torch.eye:
            return kwargs["out"] if "out" in kwargs else torch.empty(args[0], args[-1])
        if getattr(call, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return call(*args, **kwargs)


def outline(build: Callable[[], Module]) -> Module:
    """Build a module whose tensors have shapes and no memory; ``fill`` gives it both."""
    with torch.device("meta"), _Outline():
        return build()


def to_bytes(
    module: nn.Module, metadata: dict[str, str] | None = None, *, half: bool = False
) -> bytes:
    """A safetensors file; a table that two parts share is written once.

    ``half`` keeps matrices as float16, of half the size; vectors (scales, offsets) stay float32.
    """
    weights = {name: w.detach().cpu().contiguous() for name, w in _own(module).items()}
    if half:
        weights = {name: w.half() if w.ndim > 1 else w for name, w in weights.items()}
    return save(weights, metadata)


def header(path: Path) -> tuple[dict[str, Shape], dict[str, str]]:
    """Shapes and metadata of a file that has passed ``sealed.check_file``; no number is read.

    Raises:
        ModelFolderError: not a safetensors file, or one of something else than floats.
    """
    with _opened(path) as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
        if other := sorted(name for name, kind in kinds.items() if kind not in KINDS):
            raise ModelFolderError(f"{path}: not weights ({other[0]} is {kinds[other[0]]})")
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in kinds}
        return shapes, file.metadata() or {}


def fill(module: nn.Module, path: Path) -> None:
    """Put a file's weights, raised to float32, in the places of an outline.

    Raises:
        ModelFolderError: as ``header``; or weights are missing, left over, misshapen or not finite.
    """
    found, _ = header(path)
    wanted = {name: tuple(tensor.shape) for name, tensor in _own(module).items()}
    names = found.keys() | wanted.keys()
    if wrong := sorted(name for name in names if found.get(name) != wanted.get(name)):
        raise ModelFolderError(f"{path}: weights do not fit the settings ({wrong[0]})")
    with _opened(path) as file:  # a copy: the file may change, and may lie askew in memory
        weights = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in wanted}
    if wrong := sorted(name for name, w in weights.items() if not bool(w.isfinite().all())):
        raise ModelFolderError(f"{path}: {wrong[0]} is not finite: copy or train it again")
    module.load_state_dict(weights, strict=False, assign=True)  # not strict: shared ones come once
    for part in module.modules():
        if init := getattr(part, "init_non_persistent_buffers", None):
            init()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A safetensors file whose header is no larger than it has to be."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
        if length > LARGEST_HEADER:
            raise ModelFolderError(f"{path}: not a safetensors file (a header of {length:,} bytes)")
        with safe_open(path, framework="pt") as opened:
            yield opened
    except (SafetensorError, OSError) as error:
        raise ModelFolderError(f"{path}: not a safetensors file ({error})") from error


def _own(module: nn.Module) -> dict[str, Tensor]:
    """Tensors of a module by name; one that two parts share is under the first."""
    first = {name for name, _ in module.named_parameters()}
    shared = {name for name, _ in module.named_parameters(remove_duplicate=False)} - first
    return {name: tensor for name, tensor in module.state_dict().items() if name not in shared}
