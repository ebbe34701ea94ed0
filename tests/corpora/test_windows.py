"""Windows over shards: every row once a pass, what is held out, and what is refused."""

import gzip
import itertools
import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swae_text.config import CorpusConfig, TokenizerConfig, load_config
from swae_text.corpora import formats
from swae_text.corpora.batching import batches
from swae_text.corpora.formats import json_line_rows, line_groups, parquet_rows
from swae_text.corpora.store import prepare
from swae_text.corpora.windows import Windows
from swae_text.errors import ConfigError, CorpusError, CorpusUnavailable

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


def lines(path, rows, sizes, end="\n"):
    part = itertools.islice(rows, sum(sizes))
    path.write_text("\n".join(json.dumps({"text": text, "id": n}) for text, n in part) + end)


@pytest.fixture
def folder(tmp_path):
    rows, n = numbered(), len(SIZES)
    for number, sizes in enumerate(SIZES):
        shard(tmp_path / f"train-{number:05}-of-{n:05}.parquet", rows, sizes)
    return tmp_path


@pytest.fixture(params=["parquet", "jsonl"])
def shards(request, tmp_path, monkeypatch):
    """The same rows in either format."""
    if request.param == "parquet":
        return request.getfixturevalue("folder")
    monkeypatch.setattr(formats, "LINES", 4)
    monkeypatch.setattr(formats, "_BLOCK", 50)
    rows = numbered()
    for number, sizes in enumerate(SIZES):
        lines(tmp_path / f"train-{number}-of-4.jsonl", rows, sizes, "\n" * (number % 2))
    return tmp_path


def windows(folder, most):
    return Windows.of(CorpusConfig(source=str(folder), window=most))


@pytest.mark.parametrize("most", [1, 4, 10, 19, TOTAL, 1000])
def test_a_pass_has_every_row_once_and_the_next_one_another_order(shards, most):
    cut = windows(shards, most)
    assert cut.total == TOTAL and cut.a_pass == -(-TOTAL // most)
    passes = []
    for turn in range(2):
        read = [[row.text for row in cut.rows(turn * cut.a_pass + i)] for i in range(cut.a_pass)]
        sizes = [len(window) for window in read]
        assert max(sizes) <= most and max(sizes) - min(sizes) <= 1
        passes.append(list(itertools.chain(*read)))
    texts = [text for text, _ in itertools.islice(numbered(), TOTAL)]
    assert passes[0] != passes[1] and sorted(passes[0]) == sorted(passes[1]) == sorted(texts)
    again = windows(shards, most)
    assert [row.text for row in again.rows(1)] == [row.text for row in cut.rows(1)]


@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 7), (3, 9), (14, 17), (16, None)])
def test_the_rows_of_a_file_from_the_middle(folder, first, last):
    path = folder / "train-00000-of-00004.parquet"
    found = list(parquet_rows(path, first, last))
    assert [record.cells["id"] for record in found] == list(range(17))[first:last]
    assert found[0].where == f"{path}:{first + 1}"


def test_lines_are_read_from_the_middle_and_bad_ones_named(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "LINES", 5)
    path = tmp_path / "train.jsonl"
    texts = ["é" * n for n in range(23)]
    written = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    path.write_text("\r\n".join(["\ufeff" + written[0], *written[1:12], "", "{", *written[14:]]))
    groups = line_groups(path)
    assert [(group.first, group.last) for group in groups] == [
        (0, 5), (5, 10), (10, 15), (15, 20), (20, 23)
    ]  # fmt: skip
    read = [list(json_line_rows(path, group, group.first, group.last)) for group in groups]
    found = {int(one.where.rsplit(":", 1)[1]): one.cells["text"] for one in read[0] + read[4]}
    assert found == {n + 1: texts[n] for n in (0, 1, 2, 3, 4, 20, 21, 22)}
    middle = list(json_line_rows(path, groups[2], 11, 14))  # the blank line is no row
    assert middle[0].where == f"{path}:12" and str(middle[1]).startswith(f"{path}:14: not valid")
    assert len(middle) == 2
    path.write_bytes(b"")
    assert line_groups(path) == []


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


def prepared(folder, pieces=305, **settings):
    config = CorpusConfig(source=str(folder), **settings)
    return prepare(config, TokenizerConfig(vocab_size=pieces), 48, lambda line: None)


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
    packed = tmp_path / "train.jsonl.gz"
    packed.write_bytes(gzip.compress(sentences.read_bytes()))
    for source in (str(packed), "-"):
        with pytest.raises(CorpusError, match="reads a folder of shards"):
            prepared(source, window=10)
    packed.unlink()
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


def test_of_shards_that_name_no_split_the_first_window_gives_what_is_held_out(tmp_path):
    for number in range(2):
        rows = [{"text": f"the {number} is {n} or {n * number} ."} for n in range(100)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"part-{number}.parquet")
    made = prepared(tmp_path, 280, window=50, valid_size=5, test_size=4, dedupe="none")
    held = {*made.valid.texts(), *made.test.texts()}
    read = [made.epoch(number).texts() for number in range(4)]
    assert len(held) == 9 and len(set(itertools.chain(*read)) | held) == 200
    assert not held & set(itertools.chain(*read))


@pytest.fixture
def on_the_hub(corpus, tmp_path, monkeypatch):
    """A data set that the hub's library finds as it finds those of the hub: a folder owner/name."""
    (tmp_path / "owner").mkdir()
    (tmp_path / "owner/name").mkdir()
    for path in corpus[0].glob("*.parquet"):
        path.rename(tmp_path / "owner/name" / path.name)
    monkeypatch.chdir(tmp_path)
    return corpus[1]


def test_a_data_set_of_the_hub_is_streamed_from_where_it_lies(on_the_hub, tmp_path):
    made = prepared("hub:owner/name", window=60)
    read = [made.epoch(number).texts() for number in range(made.stream.windows.a_pass)]
    assert Counter(itertools.chain(*read)) == Counter(on_the_hub)
    assert len(made.valid) == 15 and len(made.test) == 15
    assert all(isinstance(shard, str) for shard in made.stream.windows.shards)
    (tmp_path / "owner/name/train-1-of-2.parquet").unlink()
    with pytest.raises(CorpusUnavailable, match=r"train-1-of-2.parquet: cannot be fetched"):
        [made.epoch(number) for number in range(4)]
