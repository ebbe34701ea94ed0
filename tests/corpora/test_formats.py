import gzip
import json
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swae_text.config import CorpusConfig
from swae_text.corpora.columns import Row
from swae_text.corpora.formats import read_file
from swae_text.errors import CorpusError

RAW = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw_formats"
ROWS = [("good soup", "1"), ('a "fine" day, yes', "0"), ("naïve café", None)]
needs_raw = pytest.mark.skipif(not RAW.is_dir(), reason="the shared sentences are not here")


def read(path: Path, **settings: object) -> list[Row]:
    return list(read_file(path, CorpusConfig.model_validate(settings), count()))


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


JSONL = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS)
CSV = 'text,label\ngood soup,1\n"a ""fine"" day, yes",0\nnaïve café,\n'
TSV = 'text\tlabel\ngood soup\t1\na "fine" day, yes\t0\nnaïve café\t\n'
QUOTED_TSV = TSV.replace('a "fine" day, yes', '"a ""fine"" day, yes"')
CONTENTS = {"jsonl": JSONL, "csv": CSV, "tsv": TSV, "quoted.tsv": QUOTED_TSV}


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("dress", [str, lambda text: "\ufeff" + text.replace("\n", "\r\n")])
def test_tables_read_alike(tmp_path: Path, kind: str, ending: str, dress) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, f"rows.{kind}{ending}", dress(CONTENTS[kind]).encode())
    assert [(row.text, row.label) for row in read(path)] == ROWS
    assert [row.group for row in read(path)] == [0, 1, 2]


def test_parquet_and_missing_values(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", None], "label": pa.array([1.0, None])})
    pq.write_table(table, tmp_path / "rows.parquet")
    rows = read(tmp_path / "rows.parquet")
    assert [(row.text, row.label) for row in rows] == [("a", "1"), ("", None)]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_plain_lines(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, f"lines.txt{ending}", "\ufeffone\r\n\r\ntwo, three".encode())
    rows = read(path)
    assert [row.text.strip() for row in rows] == ["one", "", "two, three"]
    assert rows[2].where == f"{path}:3"


def test_several_text_columns_share_a_group(tmp_path: Path) -> None:
    path = written(tmp_path, "p.csv", b"premise,hypothesis,label\na,b,x\nc,d,y\n")
    rows = [(row.text, row.label, row.group) for row in read(path)]
    assert rows == [("a", None, 0), ("b", None, 0), ("c", None, 1), ("d", None, 1)]
    assert [row.label for row in read(path, label="label")] == ["x", "x", "y", "y"]


def test_a_sentence_that_begins_with_a_brace_is_a_line(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, "a.txt", b"{ see below }\nyes\n"))) == 2
    assert read(written(tmp_path, "b.txt", b'{"text": "yes"}\n'))[0].text == "yes"


BROKEN = {
    "a.jsonl": (b'{"text": "a"}\n{"text": \n', r"a\.jsonl:2: not valid JSON"),
    "b.jsonl": (b'{"text": "a"}\n{"other": "b"}\n', r"b\.jsonl:2: no column 'text'"),
    "c.jsonl": (b"[1, 2]\n", r"c\.jsonl:1: a list where one JSON object"),
    "d.jsonl": (b'{"text": 5}\n', r"d\.jsonl:1: column 'text' holds a int"),
    "e.jsonl": (b'{"x": 1, "y": 2}\n', r"e\.jsonl:1: which of the columns \(x, y\)"),
    "f.csv": (b"text,label\na,1\nb\n", r"f\.csv:3: 1 cells where the first line has 2"),
    "g.csv": (b'text\na\n"open\n', r"g\.csv:3: not valid CSV"),
    "h.tsv": (b"text\tlabel\na\t1\t2\n", r"h\.tsv:2: 3 cells where the first line has 2"),
    "i.txt": (b"fine\nca\xe9f\xe9\n", r"i\.txt:2: not UTF-8 text \(byte 0xE9"),
    "j.txt": ("text".encode("utf-16"), r"j\.txt:1: not UTF-8"),
    "k.parquet": (b"PAR1 not really", r"k\.parquet: not a readable Parquet file"),
    "l.csv": (b"review text,stars\na,1\n", r"which of the columns \(review text, stars\)"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rows_are_refused_in_one_line(tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    with pytest.raises(CorpusError, match=message) as caught:
        read(written(tmp_path, name, content))
    assert "\n" not in str(caught.value)


def test_damaged_gzip_names_the_line(tmp_path: Path) -> None:
    content = gzip.compress("".join(f"line {n} {n**7}\n" for n in range(9999)).encode())
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(CorpusError, match=r"cut\.txt\.gz:\d+: damaged gzip"):
        read(path)
    path.write_bytes(b"no gzip at all")
    with pytest.raises(CorpusError, match=r"cut\.txt\.gz:1: damaged gzip"):
        read(path)


def test_a_named_column_must_be_there(tmp_path: Path) -> None:
    path = written(tmp_path, "rows.csv", CSV.encode())
    with pytest.raises(CorpusError, match="no column 'stars'"):
        read(path, label="stars")
    assert {row.label for row in read(path, label="")} == {None}


@needs_raw
@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "rows", "labels"),
    [
        ("sentiment.train.0", 200, {None}),
        ("snli.parquet", 200, {None}),
        ("snli_1.0_sample.jsonl", 200, {None}),
        ("snli_1.0_sample.txt", 200, {None}),
        ("snli_lines.txt", 200, {None}),
        ("yelp.csv", 200, {"0", "1"}),
        ("yelp.tsv", 200, {"0", "1"}),
        ("yelp.jsonl", 200, {"0", "1"}),
        ("yelp.parquet", 200, {"0", "1"}),
        ("yelp_lines.txt", 200, {None}),
    ],
)
def test_every_raw_format(name: str, rows: int, labels: set[str | None]) -> None:
    found = read(RAW / name)
    assert len(found) == rows and all(row.text.strip() for row in found)
    assert {row.label for row in found} == labels


@needs_raw
@pytest.mark.shared
def test_raw_formats_hold_the_same_sentences() -> None:
    texts = [
        [row.text.strip() for row in read(RAW / f"yelp{ending}")]
        for ending in (".csv", ".tsv", ".jsonl", ".parquet", "_lines.txt")
    ]
    assert all(other == texts[0] for other in texts)
    pairs = [
        [row.text for row in read(RAW / f"snli_1.0_sample.{kind}")] for kind in ("txt", "jsonl")
    ]
    assert pairs[0] == pairs[1]
