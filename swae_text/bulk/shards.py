"""A shard: one Parquet file of a folder, of which no more than a window is in memory at once."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from swae_text.errors import BulkError, CorpusError

SUFFIX = ".parquet"
WINDOW = 4096
"""Rows that are read at once, and sorted by length among themselves."""

_BUFFER = 1 << 20
_TAIL = 1 << 16


@dataclass(frozen=True)
class Shard:
    """One file of input, of which only the footer has been read."""

    path: Path
    rows: int
    schema: pa.Schema
    fingerprint: str
    """Equal for equal files: of their size and of their last bytes, which tell of all others."""

    @property
    def name(self) -> str:
        """The file's name, and that of what becomes of it."""
        return self.path.name

    def place(self, before: int, row: int) -> str:
        """Where a row stands that has so many before its window; in messages, the first is 1."""
        return f"{self.path}:{before + row + 1}"

    def windows(self) -> Iterator[pa.RecordBatch]:
        """All rows in their order, ``WINDOW`` at most at once.

        Raises:
            CorpusError: the file is damaged.
        """
        with refusing(self.path), pq.ParquetFile(self.path, buffer_size=_BUFFER) as file:
            windows = file.iter_batches(batch_size=WINDOW)
            while True:
                window = next(windows, None)
                if window is None:
                    return
                yield window


def find_shards(folder: Path) -> list[Shard]:
    """The Parquet files of a folder by name; what begins with ``.`` or ``_`` is of other programs.

    Raises:
        BulkError: there are none.
        CorpusError: one of them cannot be read.
    """
    paths = sorted(path for path in folder.glob(f"*{SUFFIX}") if path.name[0] not in "._")
    if not paths:
        raise BulkError(f"{folder}: no Parquet shard in it: give a folder of *{SUFFIX} files")
    return [read_shard(path) for path in paths]


def read_shard(path: Path) -> Shard:
    """What the footer of a file tells.

    Raises:
        CorpusError: it is not Parquet, or damaged, or two columns have one name.
    """
    with refusing(path):
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL))
            tail = hashlib.sha256(stream.read()).hexdigest()
    for name in schema.names:
        if schema.names.count(name) > 1:
            raise CorpusError(f"{path}: two columns are called '{name}': rename one")
    return Shard(path, rows, schema, f"{size} {tail}")


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read is the file's fault."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        problem = (str(error).splitlines() or [type(error).__name__])[0]
        raise CorpusError(f"{path}: not a readable Parquet file ({problem})") from error
