"""A referee on disk: a folder that is complete when its checksums are there, and runs nothing.

referee.json         kind and settings
model.safetensors    weights
…                    what else the kind needs (tokenizer.model)
checksums.json       sha256 of each of them, written last and checked first
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from swae_text.atomic import atomic_write
from swae_text.errors import ModelFolderError

FORMAT = "swae-text referee 1"
SETTINGS, WEIGHTS, CHECKSUMS = "referee.json", "model.safetensors", "checksums.json"


def write_referee(
    path: Path, settings: dict[str, Any], module: nn.Module, files: Mapping[str, bytes]
) -> None:
    """Write a referee's folder. Checksums come last: a folder without them is not complete."""
    weights = {name: w.detach().cpu().contiguous() for name, w in module.state_dict().items()}
    head = json.dumps({"format": FORMAT} | settings, ensure_ascii=False, indent=1)
    contents = {SETTINGS: head.encode(), WEIGHTS: save(weights), **files}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    (path / CHECKSUMS).unlink(missing_ok=True)
    for name, data in contents.items():
        atomic_write(path / name, data)
    atomic_write(path / CHECKSUMS, json.dumps(sums, indent=1).encode())


def read_referee(path: Path, kinds: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Settings and verified files of a referee of one of these kinds.

    Raises:
        ModelFolderError: a part is missing or damaged, or it is something else.
    """
    try:
        sums: dict[str, str] = json.loads((path / CHECKSUMS).read_bytes())
        files = {name: (path / name).read_bytes() for name in sums}
    except (OSError, ValueError) as error:
        raise ModelFolderError(
            f"{path}: not a referee's folder, or incomplete: train it"
        ) from error
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() != sums[name]:
            raise ModelFolderError(f"{path / name}: damaged (checksum differs): train it again")
    settings: dict[str, Any] = json.loads(files.get(SETTINGS, b"{}"))
    if settings.get("format") != FORMAT or settings.get("kind") not in kinds:
        raise ModelFolderError(f"{path}: not a referee of the kind {' or '.join(kinds)}")
    return settings, files


def fill(module: nn.Module, data: bytes, where: Path) -> None:
    """Put the weights in their places.

    Raises:
        ModelFolderError: some are missing, left over or misshapen.
    """
    try:
        module.load_state_dict(load(data))
    except (SafetensorError, RuntimeError) as error:
        raise ModelFolderError(
            f"{where}: weights do not fit the settings: train it again"
        ) from error
    module.eval()
