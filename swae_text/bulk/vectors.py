"""Vectors of a folder of shards with their sentences, as `encode` writes them, window by window."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float32

from swae_text.bulk.cells import Vector, read_texts, read_vectors, text_column, vector_column
from swae_text.bulk.shards import find_shards
from swae_text.corpora.columns import label_of
from swae_text.errors import CorpusError
from swae_text.names import SpaceName


class Vectors(NamedTuple):
    """Some rows that have a vector."""

    texts: list[str]
    z: Float32[np.ndarray, "rows dim"]
    labels: list[str | None]
    rows: list[int]
    """Their numbers, counted from 0 over all rows of the folder."""


def vectors(
    folder: Path,
    space: SpaceName,
    dim: Callable[[SpaceName], int],
    excuse: Callable[[CorpusError], None],
) -> Iterator[Vectors]:
    """All rows with a vector, a window at a time; the others are passed over.

    Args:
        folder: of Parquet shards with ``z``, ``space``, sentences and perhaps a ``label``.
        space: that all vectors must be of.
        dim: numbers in a vector of a space.
        excuse: is given what is wrong with a row, and may raise it.

    Raises:
        BulkError: there is no shard in the folder.
        CorpusError: a shard cannot be read, or has no vectors or no sentences.
    """
    start = 0
    for shard in find_shards(folder):
        vector_column(shard.schema, shard.path)
        column, before = text_column(shard.schema, None, shard.path), 0
        for window in shard.windows():
            texts: list[str] = []
            z: list[np.ndarray] = []
            labels: list[str | None] = []
            rows: list[int] = []
            told = zip(
                read_texts(window.column(column)),
                read_vectors(window, space, space, dim),
                labels_of(window),
                strict=True,
            )
            for row, (text, vector, label) in enumerate(told):
                for wrong in (text, vector):
                    if isinstance(wrong, CorpusError):
                        excuse(CorpusError(f"{shard.place(before, row)}: {wrong}"))
                if isinstance(text, str) and isinstance(vector, Vector):
                    texts.append(text)
                    z.append(vector.z)
                    labels.append(label)
                    rows.append(start + before + row)
            numbers = np.array(z, np.float32).reshape(-1, dim(space))
            yield Vectors(texts, numbers, labels, rows)
            before += len(window)
        start += shard.rows


def labels_of(window: pa.RecordBatch) -> list[str | None]:
    """The label of each row; None where it has none."""
    if "label" not in window.schema.names:
        return [None] * len(window)
    try:
        return [label_of(cell) for cell in window.column("label").to_pylist()]
    except ValueError:  # lists, say: no labels of ours
        return [None] * len(window)
