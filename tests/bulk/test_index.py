"""The index of a folder of vectors: what it finds, when it is made anew, and what it refuses."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from swae_text.bulk.index import Index
from swae_text.bulk.vectors import vectors
from swae_text.errors import BulkError
from swae_text.latent.neighbours import Block, nearest

faiss = pytest.importorskip("faiss")
DIM, ROWS = 16, 6000


def write(folder: Path, clusters: int = 40, rows: int = ROWS) -> np.ndarray:
    """Three shards of vectors around some centres; every fifth sentence is one of ten."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    z = rng.normal(size=(clusters, DIM))[rng.integers(clusters, size=rows)] * 3
    z = (z + rng.normal(size=z.shape)).astype(np.float32)
    texts = [f"sentence {n} ." for n in range(rows)]
    for n in range(0, rows, 5):
        texts[n], z[n] = f"again {n % 10} .", z[n % 10]
    for shard, part in enumerate(np.array_split(np.arange(rows), 3)):
        cells: list[list[float] | None] = [z[n].tolist() for n in part]
        cells[1] = None  # a blank sentence
        columns = {
            "text": pa.array([texts[n] for n in part]),
            "z": pa.array(cells, pa.list_(pa.float32(), DIM)),
            "space": pa.array(["latent"] * len(part)),
            "label": pa.array([str(n % 2) for n in part]),
        }
        pq.write_table(pa.table(columns), folder / f"part-{shard}.parquet", row_group_size=700)
    return z


def refuse(error: Exception) -> None:
    raise error


def index(folder: Path, metric: str = "euclidean", told: list[str] | None = None) -> Index:
    return Index.of(
        folder,
        "latent",
        metric,
        DIM,
        lambda: vectors(folder, "latent", lambda space: DIM, refuse),
        str.upper,
        (told if told is not None else []).append,
    )


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_it_finds_what_going_through_all_finds(tmp_path, metric):
    z = write(tmp_path)
    queries, without = z[2:200:7], [None] * 29
    without[3] = f"SENTENCE {2 + 3 * 7} ."
    found = index(tmp_path, metric).nearest(queries, k=10, without=without)
    blocks = (
        Block([text.upper() for text in part.texts], torch.from_numpy(part.z), part.labels)
        for part in vectors(tmp_path, "latent", lambda space: DIM, refuse)
    )
    exact = nearest(torch.from_numpy(queries), blocks, k=10, metric=metric, without=without)
    shared = 0
    for one, other in zip(found, exact, strict=True):
        assert len(one) == 10
        known = {near.text: near for near in other}
        for near in one:
            if near.text in known:
                shared += 1
                assert near.distance == pytest.approx(known[near.text].distance, abs=0.02)
                assert near.label == known[near.text].label
        distances = [near.distance for near in one]
        assert distances == sorted(distances)
    assert shared / 290 > 0.95  # the rest lie in lists that were not looked through
    assert without[3] not in {near.text for near in found[3]}


def test_equal_sentences_are_one_neighbour_with_a_count(tmp_path):
    z = write(tmp_path)
    (found,) = index(tmp_path).nearest(z[5:6], k=5)
    rows = [n for n in range(0, ROWS, 10) if n + 5 < ROWS]
    blank = {1, ROWS // 3 + 1, 2 * ROWS // 3 + 1}
    assert found[0].text == "AGAIN 5 ."
    assert found[0].count == len([n for n in rows if n + 5 not in blank])
    assert len({near.text for near in found}) == 5  # beyond 600 copies


def test_it_is_kept_and_made_anew_where_a_shard_has_changed(tmp_path):
    z = write(tmp_path)
    told: list[str] = []
    first = index(tmp_path, told=told).nearest(z[7:9], k=3)
    assert index(tmp_path, told=told).nearest(z[7:9], k=3) == first
    assert len(told) == 1 and "an index of 6,000 rows (once)" in told[0]
    (kept,) = tmp_path.glob("_near-*")
    write(tmp_path, rows=900)
    (found,) = index(tmp_path, told=told).nearest(z[:1], k=9999)
    assert len(told) == 2 and not kept.exists() and len(found) < 900
    (path,) = tmp_path.glob("_near-*")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BulkError, match=r"a damaged index: remove it"):
        index(tmp_path)


def test_the_index_of_another_metric_and_what_another_writes_stay(tmp_path):
    write(tmp_path)
    (tmp_path / "._near-latent-cosine-0.faiss.ab12_xyz.part").touch()  # half of it
    index(tmp_path)
    index(tmp_path, "cosine")
    index(tmp_path, told=(told := []))
    assert not told and len(list(tmp_path.glob("_near-*"))) == 2
    assert not list(tmp_path.glob("*.part"))  # none writes any more


def test_few_vectors_among_many_rows_and_none_at_all(tmp_path):
    texts = ["", *["a b ."] * 2, *[""] * 4997]
    cells = [[float(n)] * DIM if text else None for n, text in enumerate(texts)]
    columns = {"text": texts, "z": pa.array(cells, pa.list_(pa.float32(), DIM))}
    pq.write_table(pa.table(columns), tmp_path / "part.parquet")
    (found,) = index(tmp_path).nearest(np.ones((1, DIM), np.float32), k=4)
    assert [(near.text, near.count) for near in found] == [("A B .", 2)]
    columns["z"] = pa.array([None] * 5000, pa.list_(pa.float32(), DIM))
    pq.write_table(pa.table(columns), tmp_path / "part.parquet")
    with pytest.raises(BulkError, match="no vectors"):
        index(tmp_path)
