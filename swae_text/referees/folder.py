"""A referee on disk: a folder that is complete when its checksums are there, and runs nothing.

referee.json         kind and settings
model.safetensors    weights
…                    what else the kind needs (tokenizer.model)
checksums.json       sha256 of each of them, written last and checked first (``sealed.py``)
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError
from torch import nn

from swae_text.config import Strict
from swae_text.errors import ModelFolderError
from swae_text.sealed import check_sealed, write_sealed
from swae_text.weights import to_bytes

SETTINGS, WEIGHTS, TOKENIZER = "referee.json", "model.safetensors", "tokenizer.model"
LARGEST = {SETTINGS: 1 << 26, WEIGHTS: 1 << 32, TOKENIZER: 1 << 24}
"""Bytes of each file, at most."""


class RefereeSettings(Strict):
    """What every ``referee.json`` holds; a kind adds its own."""

    format: Literal["swae-text referee 1"] = "swae-text referee 1"
    signature: str


Settings = TypeVar("Settings", bound=RefereeSettings)


def write_referee(
    path: Path, settings: RefereeSettings, module: nn.Module, files: Mapping[str, bytes]
) -> None:
    """Write a referee's folder. Checksums come last: a folder without them is not complete."""
    head = settings.model_dump_json(indent=1).encode()
    write_sealed(path, {SETTINGS: head, WEIGHTS: to_bytes(module), **files})


def read_referee(path: Path, kind: type[Settings], *more: str) -> Settings:
    """Settings of a referee of this kind, after its files and ``more`` of them were checked.

    Raises:
        ModelFolderError: a part is missing or damaged, or it is something else.
    """
    check_sealed(path, {name: LARGEST[name] for name in (SETTINGS, WEIGHTS, *more)})
    try:
        return kind.model_validate_json((path / SETTINGS).read_bytes())
    except ValidationError as error:
        raise ModelFolderError(f"{path}: not a referee of this kind: train it again") from error
