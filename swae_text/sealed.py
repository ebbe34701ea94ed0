"""A folder sealed by checksums: they are written last and checked first.

Checksums tell damage, not malice: whoever hands over a folder can write them, too. So only regular
files inside the folder are opened (a link could lead out of it, a pipe would never end), and none
that is larger than such a file can be.
"""

import hashlib
import json
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from swae_text.atomic import atomic_write
from swae_text.errors import ModelFolderError

CHECKSUMS = "checksums.json"
LARGEST_CHECKSUMS = 1 << 16
"""Bytes of the checksums themselves, at most."""
_SUMS = TypeAdapter(dict[str, str])


def write_sealed(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files and their checksums; without checksums a folder is not complete."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    (path / CHECKSUMS).unlink(missing_ok=True)
    for name, data in files.items():
        atomic_write(path / name, data)
    atomic_write(path / CHECKSUMS, json.dumps(sums, indent=1).encode())


def check_sealed(path: Path, largest: Mapping[str, int]) -> None:
    """Compare files with their checksums; nothing is held in memory.

    Args:
        path: the folder.
        largest: size in bytes of each file that is wanted, at most.

    Raises:
        ModelFolderError: a file is missing, damaged, too large, or no file of this folder.
    """
    if not path.is_dir():
        raise ModelFolderError(f"{path}: no such folder: `swae-text train CONFIG` makes one")
    sums = _checksums(path)
    for name, most in largest.items():
        check_file(path / name, most, inside=path)
        with (path / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sums.get(name):
                raise ModelFolderError(
                    f"{path / name}: damaged (checksum differs): copy or train it again"
                )


def fingerprint(path: Path, but: Collection[str] = ()) -> str:
    """What tells one sealed folder from another, as its checksums say.

    Args:
        path: the folder.
        but: files of it that make no difference.

    Raises:
        ModelFolderError: it is not sealed, or its checksums are damaged.
    """
    sums = sorted(pair for pair in _checksums(path).items() if pair[0] not in but)
    return hashlib.sha256(json.dumps(sums).encode()).hexdigest()


def check_file(path: Path, most: int, inside: Path | None = None) -> None:
    """See to it that opening and reading a file ends, and within bounds.

    Raises:
        ModelFolderError: it is missing, larger than ``most`` bytes, no regular file, or its path
            leads out of the folder ``inside``.
    """
    try:
        there, found = path.resolve(strict=True), path.stat()
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError in Python 3.11
        raise ModelFolderError(f"{path}: incomplete: this file is missing ({error})") from error
    if inside is not None and not there.is_relative_to(inside.resolve()):
        raise ModelFolderError(f"{path}: a link out of the folder: put the file itself there")
    if not stat.S_ISREG(found.st_mode):
        raise ModelFolderError(f"{path}: not a regular file: copy the folder again")
    if found.st_size > most:
        raise ModelFolderError(
            f"{path}: {found.st_size:,} bytes, where {most:,} are the most: not what it should be"
        )


def _checksums(path: Path) -> dict[str, str]:
    """What ``write_sealed`` has noted, each a string under a name."""
    if not (path / CHECKSUMS).exists():
        raise ModelFolderError(f"{path}: not a model folder, or incomplete (it has no {CHECKSUMS})")
    check_file(path / CHECKSUMS, LARGEST_CHECKSUMS, inside=path)
    try:
        return _SUMS.validate_json((path / CHECKSUMS).read_bytes())
    except ValidationError as error:
        raise ModelFolderError(f"{path / CHECKSUMS}: damaged: copy the folder again") from error
