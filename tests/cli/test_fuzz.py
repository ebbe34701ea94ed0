"""Whatever the bytes are: read, or refused with one line of ours, never another exception."""

import gzip
import io
import json
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swae_text.cli.groups import read_groups
from swae_text.cli.streams import BadLines, read_records
from swae_text.cli.vectors import read_vector
from swae_text.config import CorpusConfig, RunConfig, load_config
from swae_text.corpora.cleaning import normalise, sentences
from swae_text.corpora.formats import read_file
from swae_text.errors import SwaeTextError

fuzzed = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(["text", "label", "z", "space", "texts", "x"]), values)
json_lines = objects.map(lambda value: json.dumps(value).encode())
cells = st.lists(st.sampled_from(["text", "label", "a", '"', '""', "\r", "\0", "é", ","]))
rows = cells.map(lambda row: ",".join(row).encode())
pieces = st.sampled_from([b"\xef\xbb\xbf", b"{", b'{"text": "', b"\xff", b"PAR1", b"\x1f\x8b"])
line = st.one_of(json_lines, rows, pieces, st.binary(max_size=20), st.text().map(str.encode))
files = st.lists(line, max_size=8).map(b"\n".join)


def refused(error: SwaeTextError) -> None:
    assert str(error).strip() and "\n" not in str(error)


@fuzzed
@pytest.mark.parametrize("choice", ["refuse", "skip"])
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.tsv", "a.parquet", "a.txt.gz"])
@given(data=files, compressed=st.booleans())
def test_corpora(tmp_path, name, choice, data, compressed):
    path = tmp_path / name
    path.write_bytes(gzip.compress(data)[: -1 if len(data) % 5 else None] if compressed else data)
    config = CorpusConfig(on_bad_row=choice, unescape=True, split_sentences=True)
    try:
        for row in read_file(path, config, count()):
            row.problem or list(sentences(row.text, config))
    except SwaeTextError as error:
        refused(error)


@fuzzed
@given(texts=st.lists(values, max_size=3), place=st.integers(0, 500), byte=st.integers(0, 255))
def test_parquet_with_one_byte_changed(tmp_path, texts, place, byte):
    file = io.BytesIO()
    pq.write_table(pa.table({"text": [json.dumps(value) for value in texts] or ["a"]}), file)
    data = bytearray(file.getvalue())
    data[place % len(data)] = byte
    path = tmp_path / "a.parquet"
    path.write_bytes(data)
    try:
        list(read_file(path, CorpusConfig(), count()))
    except SwaeTextError as error:
        refused(error)


@fuzzed
@given(data=files, choice=st.sampled_from(["refuse", "skip"]))
def test_streams(tmp_path, data, choice):
    path = tmp_path / "input"
    path.write_bytes(data)
    lines, bad = data.count(b"\n") + (data[-1:] not in (b"", b"\n")), BadLines(choice)
    try:
        records = list(read_records(str(path), bad))
        vectors = [read_vector(record, None, "code", lambda _: 2, bad) for record in records]
        assert len(vectors) == len(list(read_groups(str(path), 2, bad))) == lines
    except SwaeTextError as error:
        refused(error)
        assert choice == "refuse"


@fuzzed
@given(tree=st.recursive(st.sampled_from([*RunConfig.model_fields]) | values, st.lists) | values)
def test_values_as_config(tmp_path, tree):
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump({"model": tree, "corpus": tree}), encoding="utf-8")
    try:
        load_config(path)
    except SwaeTextError as error:
        refused(error)


@fuzzed
@given(data=files | st.text(alphabet="a:-[]{}!&*#|>'\"\t\n 0.").map(str.encode))
def test_bytes_as_config(tmp_path, data):
    path = Path(tmp_path / "a.yaml")
    path.write_bytes(data)
    for arguments in (
        (path, ()),
        (None, [" ".join(data.decode(errors="replace").split())]),
        (None, [f"seed={data}"]),
    ):
        try:
            load_config(*arguments)
        except SwaeTextError as error:
            refused(error)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("run", [".", "\\", '\\"', "< ", " ", "(", "Mr. ", "a\u0301\u0323", "&#9"])
def test_long_runs_take_no_square_of_time(run):
    config = CorpusConfig(unescape=True, split_sentences=True, split_punctuation=True)
    list(sentences("<" + run * 200_000 + ";", config))
    normalise(run * 200_000, config)
