"""An attribute as a file: one safetensors file, with what it was fitted from.

It may come from a stranger, as a model folder may: types, shapes and sizes are checked before
anything is believed (``sealed.py``, ``weights.py``).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_type_hints

import torch
from pydantic import Field, TypeAdapter, ValidationError, create_model
from torch import nn

from swae_text.atomic import atomic_write
from swae_text.config import Dim, Strict, describe
from swae_text.errors import ModelFolderError
from swae_text.latent.attributes import AttributeVector
from swae_text.latent.piece_reader import PieceReader
from swae_text.latent.slot_probe import SlotProbe
from swae_text.latent.values import ValueVector
from swae_text.names import SpaceName
from swae_text.sealed import check_file
from swae_text.weights import fill, header, outline, to_bytes

FORMAT = "swae-text attribute 5"
LARGEST = 1 << 26
"""Bytes of a file at most."""
MOST_PROBES = 16
"""Slot probes of a file at most."""
MOST_PIECES = 1 << 20
"""Pieces that are read at most."""

Vector: TypeAlias = AttributeVector | ValueVector


class _Metadata(Strict):
    """What stands beside the tensors."""

    format: str
    kind: Literal["value", "label"]
    space: SpaceName
    evidence: str
    slots: Dim | None = None
    probes: Annotated[int, Field(ge=0, le=MOST_PROBES)] = 0
    pieces: Annotated[int, Field(ge=0, le=MOST_PIECES)] = 0


class _Tensors(nn.Module):
    """The tensors of a file: two vectors, and the probes and the reader where there are some."""

    def __init__(self, dim: int, probes: Sequence[SlotProbe], reader: PieceReader | None) -> None:
        super().__init__()
        self.register_buffer("direction", torch.empty(dim))
        self.register_buffer("weight", torch.empty(dim))
        self.probes = nn.ModuleList(probes)
        self.reader = reader


def save_vector(vector: Vector, path: str | Path, *, space: str) -> None:
    """Write a vector fitted in ``space`` (latent or code), whole or not at all."""
    evidence = {name: getattr(vector, name) for name in _evidence(type(vector))}
    kind = "value" if isinstance(vector, ValueVector) else "label"
    metadata = {"format": FORMAT, "kind": kind, "space": space, "evidence": json.dumps(evidence)}
    probes = vector.probes if isinstance(vector, AttributeVector) else ()
    if probes:
        metadata |= {"slots": str(probes[0].slots), "probes": str(len(probes))}
    reader = vector.reader if isinstance(vector, AttributeVector) else None
    if reader is not None:
        metadata |= {"pieces": str(len(reader.weight))}
    tensors = _Tensors(len(vector.direction), probes, reader)
    tensors.direction, tensors.weight = vector.direction.float(), vector.weight.float()
    atomic_write(path, to_bytes(tensors, metadata, half=True))


def load_vector(path: str | Path, device: str | torch.device = "cpu") -> tuple[Vector, SpaceName]:
    """Read a vector and the name of the space that it was fitted in.

    Raises:
        ModelFolderError: the file is missing, is no safetensors file, or holds something else.
    """
    path = Path(path)
    if not path.exists():
        raise ModelFolderError(f"{path}: no such file: make it with `swae-text attribute fit`")
    check_file(path, LARGEST)
    shapes, found = header(path)
    if found.get("format") != FORMAT:
        raise ModelFolderError(
            f"{path}: not an attribute of this version: fit it again with `swae-text attribute fit`"
        )
    try:
        metadata = _Metadata.model_validate(found)
        kind: type[Vector] = ValueVector if metadata.kind == "value" else AttributeVector
        evidence = _checked_evidence(kind, metadata.evidence)
        (dim,) = _DIMS.validate_python(shapes.get("direction"))
    except ValidationError as error:
        raise ModelFolderError(f"{path}: not an attribute ({describe(error)})") from error
    slots, count, pieces = metadata.slots or 1, metadata.probes, metadata.pieces
    of_number = kind is ValueVector and (count or pieces)
    if (metadata.slots is None) != (count == 0) or dim % slots or of_number:
        raise ModelFolderError(
            f"{path}: not an attribute ({count} probes of {slots} slots in {dim} numbers)"
        )
    tensors = outline(
        lambda: _Tensors(
            dim,
            [SlotProbe(dim, slots) for _ in range(count)],
            PieceReader(pieces) if pieces else None,
        )
    )
    fill(tensors, path)
    given: dict[str, Any] = {**evidence, **dict(tensors.to(device).named_buffers(recurse=False))}
    if count:
        given["probes"] = tuple(tensors.probes.eval().requires_grad_(False))
    if pieces:
        given["reader"] = tensors.reader
    return kind(**given), metadata.space


def load_fitting(
    path: Path, dim: Callable[[SpaceName], int], vocab_size: int, device: str | torch.device = "cpu"
) -> tuple[Vector, SpaceName]:
    """The same of a vector that was fitted with a model of these sizes.

    Args:
        path: the file.
        dim: numbers in a vector of each space.
        vocab_size: pieces there are.
        device: where its tensors go.

    Raises:
        ModelFolderError: as ``load_vector``, or it is of other sizes.
    """
    vector, fitted = load_vector(path, device)
    size, wanted = len(vector.direction), dim(fitted)
    if size != wanted:
        raise ModelFolderError(
            f"{path}: has {size} numbers and space '{fitted}' of this model has {wanted}: "
            "fit it again with it"
        )
    reader = vector.reader if isinstance(vector, AttributeVector) else None
    if reader is not None and len(reader.weight) != vocab_size:
        raise ModelFolderError(
            f"{path}: reads {len(reader.weight):,} pieces and this model has {vocab_size:,}: "
            "fit it again with it"
        )
    return vector, fitted


_DIMS = TypeAdapter(tuple[Dim])


def _checked_evidence(kind: type[Vector], text: str) -> dict[str, Any]:
    """The fields that are kept as JSON, each of its type."""
    types = get_type_hints(kind)
    wanted: dict[str, Any] = {name: (types[name], ...) for name in _evidence(kind)}
    model = create_model("Evidence", __base__=Strict, **wanted)
    return dict(model.model_validate_json(text))


def _evidence(kind: type[Vector]) -> list[str]:
    """Names of the fields that are kept as JSON."""
    tensors = ("direction", "weight", "probes", "reader")
    return [made.name for made in fields(kind) if made.name not in tensors]
