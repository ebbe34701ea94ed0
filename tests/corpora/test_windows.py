"""Windows over Parquet shards: every row once a pass, what is held out, and what is refused."""

import itertools
import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swae_text.config import CorpusConfig, TokenizerConfig, load_config
from swae_text.corpora.batching import batches
from swae_text.corpora.formats import parquet_rows
from swae_text.corpora.store import prepare
from swae_text.corpora.windows import Windows
from swae_text.errors import ConfigError, CorpusError

SIZES = [(7, 7, 3), (1,), (20,), (5, 5, 5, 5)]
"""Rows of the row groups of each shard."""
TOTAL = sum(map(sum, SIZES))


def shard(path, rows, sizes):
    schema = pa.table({"text": ["a"], "id": [0]}).schema
    with pq.ParquetWriter(path, schema) as writer:
        for size in sizes:
            part = list(itertools.islice(rows, size))
            table = pa.table({"text": [text for text, _ in part], "id": [n for _, n in part]})
            writer.write_table(table, row_group_size=max(size, 1))


def numbered():
    return ((f"sentence number {n} of the corpus .", n) for n in itertools.count())


@pytest.fixture
def folder(tmp_path):
    rows, n = numbered(), len(SIZES)
    for number, sizes in enumerate(SIZES):
        shard(tmp_path / f"train-{number:05}-of-{n:05}.parquet", rows, sizes)
    return tmp_path


def windows(folder, most):
    return Windows.of(CorpusConfig(source=str(folder), window=most))


@pytest.mark.parametrize("most", [1, 4, 10, 19, TOTAL, 1000])
def test_a_pass_has_every_row_once_and_the_next_one_another_order(folder, most):
    cut = windows(folder, most)
    assert cut.total == TOTAL and cut.a_pass == -(-TOTAL // most)
    passes = []
    for turn in range(2):
        read = [[row.text for row in cut.rows(turn * cut.a_pass + i)] for i in range(cut.a_pass)]
        sizes = [len(window) for window in read]
        assert max(sizes) <= most and max(sizes) - min(sizes) <= 1
        passes.append(list(itertools.chain(*read)))
    texts = [text for text, _ in itertools.islice(numbered(), TOTAL)]
    assert passes[0] != passes[1] and sorted(passes[0]) == sorted(passes[1]) == sorted(texts)
    again = windows(folder, most)
    assert [row.text for row in again.rows(1)] == [row.text for row in cut.rows(1)]


@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 7), (3, 9), (14, 17), (16, None)])
def test_the_rows_of_a_file_from_the_middle(folder, first, last):
    path = folder / "train-00000-of-00004.parquet"
    found = list(parquet_rows(path, first, last))
    assert [record.cells["id"] for record in found] == list(range(17))[first:last]
    assert found[0].where == f"{path}:{first + 1}"


def test_long_row_groups_are_read_in_part(tmp_path):
    shard(tmp_path / "train.parquet", numbered(), [9_000, 1_000])
    found = parquet_rows(tmp_path / "train.parquet", 4_090, 9_010)
    assert [record.cells["id"] for record in found] == list(range(4_090, 9_010))


@pytest.fixture
def corpus(sentences, tmp_path):
    """Shards of sentences, some of them in the test split, some too long, some empty."""
    texts = [json.loads(line)["text"] for line in sentences.read_text().splitlines()]
    np.random.default_rng(0).shuffle(texts)
    held, texts = texts[:30], texts[30:]
    rows = [*texts, *held[:4], "word " * 90, "", held[7].upper()]
    source = ((text, number) for number, text in enumerate(rows))
    shard(tmp_path / "train-0-of-2.parquet", source, [50, 50])
    shard(tmp_path / "train-1-of-2.parquet", source, [50, len(rows) - 150])
    for name, part in (("valid", held[:15]), ("test", held[15:])):
        pq.write_table(pa.table({"text": part, "id": range(15)}), tmp_path / f"{name}.parquet")
    return tmp_path, texts


def prepared(folder, **settings):
    config = CorpusConfig(source=str(folder), **settings)
    return prepare(config, TokenizerConfig(vocab_size=305), 48, lambda line: None)


def test_a_stream_has_all_but_what_is_held_out_and_what_does_not_fit(corpus):
    folder, texts = corpus
    made = prepared(folder, window=60)
    assert len(made.train) <= 60 and made.stream is not None
    read = [made.epoch(number) for number in range(made.stream.windows.a_pass)]
    assert Counter(itertools.chain(*(split.texts() for split in read))) == Counter(texts)
    for split in read:
        assert (split.labels == -1).all() and len(split.lengths) == len(split)
        rows = np.arange(len(split))
        assert made.tokenizer.decode([t[:-1].tolist() for t in split.tokens(rows)]) == split.texts()
    again = prepared(folder, window=60)
    assert again.cached and again.epoch(1).texts() == read[1].texts()
    whole = prepared(folder)
    assert whole.stream is None and whole.epoch(3) is whole.train
    assert whole.fingerprint != made.fingerprint


def test_processes_share_a_window_without_a_sentence_twice_or_lost(corpus):
    split = prepared(corpus[0], window=60).epoch(1)
    rows = [
        row
        for rank in range(3)
        for batch in batches(split.lengths, budget=60, seed=0, epoch=1, rank=rank, world=3)
        for row in batch.tolist()
    ]
    assert sorted(rows) == list(range(len(split)))


def test_what_is_no_folder_of_shards_is_refused(sentences, tmp_path):
    for source in (str(sentences), "-", "hub:owner/name"):
        with pytest.raises(CorpusError, match="reads a folder of Parquet shards"):
            prepared(source, window=10)
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "train.parquet")
    with pytest.raises(CorpusError, match="empty: there is not one row in its shards"):
        prepared(tmp_path, window=10)
    for setting in ("corpus.dedupe=all", "corpus.max_sentences=9"):
        with pytest.raises(ConfigError, match="a stream does not see all sentences at once"):
            load_config(None, ["corpus.window=10", setting])


def test_a_bad_row_and_a_damaged_shard_are_named_when_they_are_met(folder):
    path = folder / "train-00002-of-00004.parquet"
    texts = [["not", "text"]] * 20
    pq.write_table(pa.table({"text": texts, "id": range(20)}), path)
    cut = windows(folder, 10)
    with pytest.raises(CorpusError, match=r"train-00002-of-00004.parquet:\d+: column 'text'"):
        [list(cut.rows(number)) for number in range(cut.a_pass)]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CorpusError, match=r"00002-of-00004.parquet: not a readable Parquet file"):
        windows(folder, 10)
