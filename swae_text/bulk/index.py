"""An index of a folder of vectors: near neighbours without going through all of them (faiss).

    2·√n lists, each with a centre of k-means; a vector lies in the list of its nearest centre, in
    half precision, and a query looks through the PROBES lists whose centres are nearest to it

(Jégou et al., 2011, "Product quantization for nearest neighbor search", without the quantization;
Douze et al., 2024, arXiv 2401.08281). It lies in the folder itself, under a name that other
programs pass over and that tells what it was made from: where a shard changes, it is made anew.
Building holds it in memory, 2·d + 8 bytes a vector; searching maps it from the disk.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from jaxtyping import Float32, Int64

from swae_text.atomic import atomic_path, leftovers
from swae_text.bulk.cells import read_texts, text_column
from swae_text.bulk.shards import Shard, find_shards, refusing
from swae_text.bulk.vectors import Vectors, labels_of
from swae_text.errors import BulkError, ConfigError
from swae_text.latent.neighbours import Metric, Neighbour
from swae_text.lock import locked
from swae_text.names import SpaceName

PROBES = 32
"""Lists that a query looks through."""
_LEARNT_FROM = 64  # vectors a centre
_PATIENCE = 16_384  # rows at most that a query is given, where many of them are one sentence


@dataclass(frozen=True)
class Index:
    """An index that is ready.

    Attributes:
        shards: the vectors' shards, in the order that rows are counted in.
        metric: what near means.
        lists: the index itself, a ``faiss.IndexIVF`` whose ids are numbers of rows.
        normal: makes of a row's text the sentence that it is counted as.
    """

    shards: tuple[Shard, ...]
    metric: Metric
    lists: Any
    normal: Callable[[str], str]

    @classmethod
    def of(
        cls,
        folder: Path,
        space: SpaceName,
        metric: Metric,
        dim: int,
        vectors: Callable[[], Iterator[Vectors]],
        normal: Callable[[str], str],
        progress: Callable[[str], None],
    ) -> "Index":
        """The index of a folder: opened, or made and kept there.

        Args:
            folder: of Parquet shards, as ``encode`` writes them.
            space: of its vectors.
            metric: what near means.
            dim: numbers in a vector.
            vectors: goes through the folder; called twice where the index is made.
            normal: makes of a row's text the sentence that it is counted as.
            progress: told in a line what is going on.

        Raises:
            BulkError: there is no shard or no vector; an index that is there is damaged.
            ConfigError: faiss is not installed.
            CorpusError: a shard cannot be read.
        """
        faiss, shards = _faiss(), tuple(find_shards(folder))
        made_from = [1, space, metric, [[shard.name, shard.fingerprint] for shard in shards]]
        digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]
        kind = f"_near-{space}-{metric}-"
        path = folder / f"{kind}{digest}.faiss"
        if not path.exists():
            rows = sum(shard.rows for shard in shards)
            progress(f"{path}: an index of {rows:,} rows (once)")
            lists = _built(faiss, metric, dim, rows, vectors)
            if not lists.ntotal:
                raise BulkError(f"{folder}: no vectors: write them with `swae-text encode`")
            with locked(folder):  # so that what is half-written there is a dead process's
                for part in leftovers(folder / f"{kind}*"):
                    part.unlink()
                with atomic_path(path) as temporary:
                    faiss.write_index(lists, str(temporary))
                for old in {*folder.glob(f"{kind}*.faiss")} - {path}:
                    old.unlink()
        try:
            lists = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise BulkError(f"{path}: a damaged index: remove it to have it made anew") from error
        lists.nprobe = PROBES
        return cls(shards, metric, lists, normal)

    def nearest(
        self,
        queries: Float32[np.ndarray, "queries dim"],
        *,
        k: int = 10,
        without: Sequence[str | None] = (),
    ) -> list[list[Neighbour]]:
        """The ``k`` nearest sentences to each query that its lists hold, the nearest first.

        A distance is that to a vector in half precision, some 0.1 % of its length off. A
        sentence's count is that of the rows that were met.

        Args:
            queries: vectors of the same space.
            k: neighbours of each query, 1 or more.
            without: for each query a sentence that is not to be its neighbour, such as itself.

        Raises:
            CorpusError: a shard cannot be read.
        """
        queries, rows = _prepared(queries, self.metric), 4 * k + 16
        while True:
            near, numbers = self.lists.search(queries, rows)
            said = self._sentences(np.unique(numbers[numbers >= 0]))
            found = [
                self._merged(near[row], numbers[row], said, without[row] if without else None)
                for row in range(len(queries))
            ]
            enough = all(
                len(one) >= k or numbers[row, -1] < 0 for row, one in enumerate(found)
            )  # -1: its lists have no more
            if enough or rows >= _PATIENCE:
                return [one[:k] for one in found]
            rows *= 4

    def _merged(
        self,
        near: Float32[np.ndarray, " rows"],
        numbers: Int64[np.ndarray, " rows"],
        said: dict[int, tuple[str, str | None]],
        without: str | None,
    ) -> list[Neighbour]:
        """What a query has found, equal sentences once."""
        found: dict[str, Neighbour] = {}
        for value, number in zip(near.tolist(), numbers.tolist(), strict=True):
            if number < 0:
                break
            text, label = said[number]
            if text in found:
                found[text].count += 1
            elif text != without:
                away = max(value, 0.0) ** 0.5 if self.metric == "euclidean" else max(1 - value, 0.0)
                found[text] = Neighbour(text, label, 1, away)
        return list(found.values())

    def _sentences(self, numbers: Int64[np.ndarray, " rows"]) -> dict[int, tuple[str, str | None]]:
        """Sentence and label of some rows; only the row groups that they lie in are read."""
        said: dict[int, tuple[str, str | None]] = {}
        start = 0
        for shard in self.shards:
            own = numbers[(numbers >= start) & (numbers < start + shard.rows)] - start
            if len(own):
                said |= {start + row: pair for row, pair in self._read(shard, own)}
            start += shard.rows
        return said

    def _read(
        self, shard: Shard, rows: Int64[np.ndarray, " rows"]
    ) -> Iterator[tuple[int, tuple[str, str | None]]]:
        column = text_column(shard.schema, None, shard.path)
        columns = [column, *(["label"] if "label" in shard.schema.names else [])]
        with refusing(shard.path), pq.ParquetFile(shard.path) as file:
            start = 0
            for group in range(file.metadata.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                own = rows[(rows >= start) & (rows < start + size)]
                if len(own):
                    table = file.read_row_group(group, columns).take(own - start)
                    (batch,) = table.combine_chunks().to_batches()
                    texts = map(str, read_texts(batch.column(column)))
                    pairs = zip(map(self.normal, texts), labels_of(batch), strict=True)
                    yield from zip(own.tolist(), pairs, strict=True)
                start += size


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise ConfigError(
            "an index needs faiss: pip install 'swae-text[faiss]', or leave --approximate out"
        ) from error
    return faiss


def _built(
    faiss: Any, metric: Metric, dim: int, rows: int, vectors: Callable[[], Iterator[Vectors]]
) -> Any:
    """An index of all vectors; its centres are learnt from some of all over the folder."""
    centres = max(1, min(int(2 * rows**0.5), rows // 39))  # faiss wants 39 vectors for each
    kind = faiss.METRIC_L2 if metric == "euclidean" else faiss.METRIC_INNER_PRODUCT
    lists = faiss.index_factory(dim, f"IVF{centres},SQfp16", kind)
    share, chance = _LEARNT_FROM * centres / max(rows, 1), np.random.default_rng(0)
    some = [part.z[chance.random(len(part.z)) < share] for part in vectors()]
    sample = np.concatenate([np.empty((0, dim), np.float32), *some])
    if len(sample) < centres:  # most rows have no vector, or none has
        return lists if rows < 39 else _built(faiss, metric, dim, rows // 100, vectors)
    lists.train(_prepared(sample, metric))
    for part in vectors():
        lists.add_with_ids(_prepared(part.z, metric), np.array(part.rows, np.int64))
    return lists


def _prepared(z: Float32[np.ndarray, "n dim"], metric: Metric) -> Float32[np.ndarray, "n dim"]:
    """For cosines of length 1."""
    if metric == "cosine":
        z = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    return np.ascontiguousarray(z, np.float32)
