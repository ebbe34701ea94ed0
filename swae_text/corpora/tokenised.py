"""One split: an Arrow file of texts, labels and tokens, memory-mapped, or the same in memory."""

import hashlib
import mmap
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_SCHEMA = pa.schema(
    [("text", pa.string()), ("label", pa.int32()), ("tokens", pa.list_(pa.int32()))]
)

LARGE = 2**26
"""Bytes of a file whose pages need not be given back."""

Encoded = tuple[list[str], NDArray[np.int32], list[list[int]]]
"""Texts, labels and tokens of some sentences."""


class TokenisedSplit:
    """Sentences of one split with their tokens (pieces and ``EOS``) and labels."""

    def __init__(self, source: Path | pa.Buffer) -> None:
        mapped = _mapped(source) if isinstance(source, Path) else None
        self._large = mapped if mapped is not None and len(mapped) > LARGE else None
        file = source if mapped is None else pa.py_buffer(mapped)
        self._table = pa.ipc.open_file(file).read_all()  # without copying
        if self._table.schema != _SCHEMA:
            raise pa.ArrowInvalid(f"{source} holds {self._table.schema.names}")
        self._table.validate()
        chunks = self._table.column("tokens").chunks
        self._values = [chunk.values.to_numpy() for chunk in chunks]
        self._offsets = [chunk.offsets.to_numpy() for chunk in chunks]
        self._starts = np.cumsum([0, *(len(chunk) for chunk in chunks)])
        self.lengths: NDArray[np.int32] = _joined([np.diff(ends) for ends in self._offsets])
        """Tokens of each sentence, with ``EOS``."""
        self._let_go()

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def labels(self) -> NDArray[np.int32]:
        """Position of each sentence's label among the corpus's labels; -1 for none."""
        return _joined([chunk.to_numpy() for chunk in self._table.column("label").chunks])

    def tokens(self, indices: np.ndarray) -> list[NDArray[np.int32]]:
        """Tokens of some sentences, in the order asked; read-only views of the file."""
        self._let_go()
        chunks = np.searchsorted(self._starts, indices, side="right") - 1
        rows = indices - self._starts[chunks]
        found = []
        for chunk, row in zip(chunks.tolist(), rows.tolist(), strict=True):
            start, end = self._offsets[chunk][row : row + 2]
            found.append(self._values[chunk][start:end])
        return found

    def _let_go(self) -> None:
        """Give the pages of a large file back; the system has them at hand for the next time.

        Else an epoch ends with the whole file counted as this process's memory.
        """
        if self._large is not None and hasattr(mmap, "MADV_DONTNEED"):  # Windows has none
            self._large.madvise(mmap.MADV_DONTNEED)

    def digest(self) -> str:
        """Equal for splits of the same sentences with the same labels, however these are cut."""
        digest = hashlib.sha256(self.labels.tobytes())
        for chunk in self._table.column("text").chunks:
            digest.update("".join(f"{text}\n" for text in chunk.to_pylist()).encode())
        return digest.hexdigest()

    def texts(self, indices: NDArray[np.int64] | None = None) -> list[str]:
        """Normalised sentences, all or some, in the order asked."""
        column = self._table.column("text")
        chosen: list[str] = (column if indices is None else column.take(indices)).to_pylist()
        return chosen


def write_split(path: Path, batches: Iterable[Encoded], max_tokens: int) -> int:
    """Write sentences of at most ``max_tokens`` tokens; returns how many longer ones were left."""
    with pa.OSFile(str(path), "wb") as file:
        return _write(file, batches, max_tokens)


def tokenised(batches: Iterable[Encoded], max_tokens: int) -> TokenisedSplit:
    """The same in memory."""
    buffer = pa.BufferOutputStream()
    _write(buffer, batches, max_tokens)
    return TokenisedSplit(buffer.getvalue())


def _write(sink: pa.NativeFile, batches: Iterable[Encoded], max_tokens: int) -> int:
    dropped = 0
    with pa.ipc.new_file(sink, _SCHEMA) as writer:
        for texts, labels, tokens in batches:
            short = np.array([len(row) <= max_tokens for row in tokens], dtype=bool)
            batch = pa.record_batch([texts, labels, tokens], schema=_SCHEMA)
            writer.write_batch(batch.filter(pa.array(short)))
            dropped += int((~short).sum())
    return dropped


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _joined(arrays: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate([np.empty(0, dtype=np.int32), *arrays])
