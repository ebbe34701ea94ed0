"""One process at a time in a folder: a lock of the operating system on ``.lock`` in it.

It ends with the process that holds it, however that ends, so nothing has to be cleaned up after a
crash.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swae_text.errors import SwaeTextError

LOCK = ".lock"


@contextmanager
def locked(folder: Path, otherwise: SwaeTextError | None = None) -> Iterator[None]:
    """Be the only process in a folder for the while of the block.

    Args:
        folder: made where there is none.
        otherwise: raised where another process is in it. None: wait for that one.

    Raises:
        SwaeTextError: ``otherwise``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if otherwise else 0))
        except BlockingIOError as error:
            raise otherwise or error from error
        yield
