"""Files appear whole or not at all: write under a temporary name, sync, rename."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary file beside ``path``; when the block ends well it takes the name ``path``.

    If the block raises, the temporary file is removed and whatever was at ``path`` stays.

    Raises:
        OSError: the file cannot be written, or ``path`` is a device, a pipe or a folder.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file, so it is not replaced", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        sync(temporary)
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes files that only the owner reads
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        if error.filename is None:  # a disk that is full does not say of which file
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def leftovers(path: Path) -> list[Path]:
    """Temporary files of processes that were killed while they wrote ``path`` (``*`` in its name).

    A process that is still writing has one too: remove them only where there can be none.
    """
    return sorted(path.parent.glob(f".{path.name}.????????.part"))


def sync(path: Path) -> None:
    """Push a file or a folder out of the system's buffers to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
