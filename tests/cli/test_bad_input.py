"""Every row of the table in docs/bad-input.md, given to the command line as a user would."""

import gzip
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TABLE = Path(__file__).resolve().parents[2] / "docs" / "bad-input.md"
ROW = re.compile(r"^\| `([\w-]+)` \|.*\| ([^|]+) \|$", re.MULTILINE)
QUOTED = re.compile(r"``(.+?)``|`([^`]+)`")
ROWS = dict(ROW.findall(TABLE.read_text(encoding="utf-8")))
CODES = {"refused": 1, "usage": 2, "handled": 0, "counted": 0}
TEN_MEGABYTES = b"a" * 10_000_000
SKIP = ("--on-bad-row", "skip")
WINDOW = ("--set", "corpus.window=100")


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"]}), file)
    return file.getvalue()


# A corpus: the name of its file, its content (GOOD stands for 240 good lines), more arguments.
GOOD = b"GOOD"
CORPORA = {
    "latin1": ("bad.txt", GOOD + b"caf\xe9\n"),
    "latin1-skip": ("bad.txt", GOOD + b"caf\xe9\n", *SKIP),
    "utf16": ("bad.txt", "one\n".encode("utf-16")),
    "bom-crlf": ("bad.txt", b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n")),
    "nul": ("bad.txt", GOOD + b"the\0cook \x07 smiled .\n"),
    "empty": ("bad.txt", b""),
    "blank": ("bad.txt", GOOD + b"\n   \n"),
    "only-blank": ("bad.txt", b"\n\n  \n"),
    "ten-megabytes": ("bad.txt", GOOD + TEN_MEGABYTES),
    "endless": ("bad.txt", b"a" * (2**24 + 1)),
    "many-words": ("bad.txt", GOOD + b"word " * 100_000),
    "dots": ("bad.txt", GOOD + b"." * 100_000, "--set", "corpus.split_sentences=true"),
    "emoji": ("bad.txt", GOOD + "the cook 😀👩‍👧 smiled\n".encode() * 2),
    "right-to-left": ("bad.txt", GOOD + "الطباخ \u202eابتسم\n".encode() * 2),
    "gzip-cut": ("bad.jsonl.gz", gzip.compress(os.urandom(9999))[:5000], *SKIP),
    "csv-column": ("bad.csv", b"text,label\na,1\n", "--set", "corpus.label=stars"),
    "csv-which": ("bad.csv", b"a,b\n1,2\n"),
    "csv-ragged": ("bad.csv", b"text,label\na,1\na,b,1\n"),
    "csv-twice": ("bad.csv", b"text,text\na,b\n"),
    "csv-quote": ("bad.csv", b'text\na\n"open\n'),
    "csv-parquet": ("bad.csv", parquet()),
    "parquet": ("bad.parquet", b"PAR1 not really"),
    "window-lines": ("bad.txt", GOOD, *WINDOW),
    "window-repeats": ("bad.parquet", parquet(), *WINDOW, "--set", "corpus.dedupe=all"),
    "jsonl": ("bad.jsonl", GOOD + b'{"text": \n'),
    "jsonl-skip": ("bad.jsonl", GOOD + b'{"text": \n', *SKIP),
    "json-digits": ("bad.jsonl", GOOD + b'{"text": "a", "n": ' + b"9" * 5000 + b"}\n"),
    "label-list": ("bad.jsonl", GOOD + b'{"text": "a", "label": [1]}\n'),
    "text-number": ("bad.jsonl", GOOD + b'{"text": 5, "label": 1}\n'),
    "one-sentence": ("bad.txt", b"the only one .\n"),
    "two-equal": ("bad.txt", b"the same .\n" * 2),
    "all-equal": ("bad.txt", b"the same .\n" * 20, "--set", "tokenizer.vocab_size=268"),
    "vocabulary": ("bad.txt", GOOD, "--set", "tokenizer.vocab_size=9000"),
    "missing": ("bad.csv", None),
}

# A verb that reads stdin: its name, the bytes, more arguments.
STREAMS = {
    "latin1-stdin": ("encode", b"ok\ncaf\xe9\n"),
    "latin1-stdin-skip": ("encode", b"ok\ncaf\xe9\nok\n", *SKIP),
    "bom-crlf-stdin": ("reconstruct", b"\xef\xbb\xbfthe cook smiled at us .\r\n"),
    "nul-stdin": ("reconstruct", b"the\0cook \x07 smiled\n"),
    "empty-stdin": ("encode", b""),
    "empty-average": ("average", b""),
    "blank-stdin": ("encode", b"\n   \n\xc2\xa0\n"),
    "ten-megabytes-stdin": ("encode", TEN_MEGABYTES),
    "too-long-skip": ("reconstruct", TEN_MEGABYTES[:50_000] + b"\nok\n", *SKIP),
    "script": ("reconstruct", "厨师笑了\n".encode()),
    "gzip-stdin": ("encode", gzip.compress(b"hello\n")),
    "json-stdin": ("encode", b'{"text": \n'),
    "json-deep": ("encode", b'{"text": "a", "x": ' + b"[" * 100_000 + b"\n"),
    "json-digits-stdin": ("encode", b'{"text": "a", "n": ' + b"9" * 5000 + b"}\n"),
    "json-half-pair": ("reconstruct", b'{"text": "a \\ud800 b"}\n'),
    "json-no-text": ("encode", b'{"sentence": "a"}\n'),
    "json-number": ("encode", b'{"text": 3}\n'),
    "z-nan": ("decode", b'{"z": [NaN]}\n'),
    "z-huge": ("decode", b'{"z": [' + b"9" * 400 + b"]}\n"),
    "z-short": ("decode", b'{"z": [1, 2]}\n'),
    "z-skip": ("decode", b'{"z": [1, 2]}\n', *SKIP),
    "z-none": ("decode", b"plain words\n"),
    "groups": ("interpolate", b"alone\n", "--pairs", "-"),
    "average-key": ("average", b"plain\n", "--by", "topic"),
    "steps": ("interpolate", b"", "a", "b", "--steps", "1"),
    "folder-stdin": ("average", b"", "FOLDER"),
    "shards-lines": ("encode", b"", "--processes", "2"),
}
# A folder with one shard of one column: its name, its cells, more arguments; or no shard.
WORDS = pa.array(["a cook", "a guide"])
TEXTS = ("encode", {"text": WORDS})
LONG = {"text": ["a cook", "a" * 100_000]}
BYTES = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.array([0, 1, 5], pa.int32()).buffers()[1], pa.py_buffer(b"acaf\xe9")]
)
SHARDS = {
    "shards-no-out": ("encode", {"text": WORDS}, []),
    "shards-none": ("encode", None),
    "shards-same": (*TEXTS, ["--out", "in"]),
    "shards-strangers": TEXTS,
    "shards-file": TEXTS,
    "shards-proc": (*TEXTS, ["--out", "/proc/out"]),
    "shards-damaged": TEXTS,
    "shards-column": ("encode", {"tongue": WORDS}),
    "shards-number": ("reconstruct", {"text": [1, 2]}),
    "shards-vectors": ("decode", {"text": WORDS}),
    "shards-long": ("encode", LONG),
    "shards-long-skip": ("encode", LONG, ["--out", "out", *SKIP]),
    "shards-bytes": ("encode", {"text": BYTES}),
}
CONFIGS = {
    "config-key": b"model: {codedim: 1}",
    "config-type": b"model: {code_dim: many}",
    "config-pair": b"corpus: {min_words: 30}",
    "config-yaml": b"name: a\n\tmodel: 1\n",
    "config-large": b"name: a\n" * 200_000,
}
# A process of its own, for what stdin, stdout and the limits of a process are.
PROCESSES = {
    "disk-full": "ulimit -f 20; swae-text data prepare good.jsonl --set tokenizer.vocab_size=300",
    "stdout-full": "echo hello | swae-text encode MODEL >/dev/full",
    "stdout-closed": "echo hello | swae-text encode MODEL >&-",
    "stdin-closed": "swae-text encode MODEL <&-",
    "shards-full": "ulimit -f 4; swae-text encode MODEL in --out out",
}


def expect(case: str, code: int, said: str) -> None:
    """The code and the words that the table has for a case."""
    outcome = ROWS[case]
    assert code == CODES[re.split(r"\W", outcome)[0]], said
    assert "Traceback" not in said and "a fault of swae_text" not in said
    for double, single in QUOTED.findall(outcome):
        assert (double or single) in said


@pytest.fixture(autouse=True)
def there(tmp_path, monkeypatch):
    """A folder and a cache of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWAE_TEXT_CACHE", str(tmp_path / "cache"))


def test_the_table_and_the_tests_have_the_same_rows():
    others = {"one-label", "fifo", "file-as-folder", "device", "cache-folder"}
    assert set(ROWS) == {*CORPORA, *STREAMS, *SHARDS, *CONFIGS, *PROCESSES, *others}


@pytest.mark.parametrize("case", CORPORA)
def test_corpora(command, sentences, case):
    name, content, *more = CORPORA[case]
    good = sentences.read_bytes()
    if name.endswith(".txt"):
        good = "".join(json.loads(line)["text"] + "\n" for line in good.splitlines()).encode()
    if content is not None:
        Path(name).write_bytes(content.replace(GOOD, good))
    if case == "bom-crlf":
        Path(name).write_bytes(b"\xef\xbb\xbf" + good.replace(b"\n", b"\r\n"))
    arguments = ["--set", "tokenizer.vocab_size=300", *more, "--format", "json"]
    result = command("data", "prepare", name, *arguments)
    expect(case, result.code, result.out + result.err)
    if result.code:
        assert result.err.splitlines()[-1].startswith("swae-text: ") and result.out == ""
        assert not Path("cache/corpora").exists() or not list(Path("cache/corpora").iterdir())


@pytest.mark.parametrize("case", STREAMS)
def test_streams(command, tiny_run, tmp_path, case):
    verb, data, *more = STREAMS[case]
    before = {path: path.read_bytes() for path in (tiny_run / "model").iterdir()}
    arguments = [str(tmp_path) if word == "FOLDER" else word for word in more]
    result = command(verb, tiny_run, *arguments, stdin=data)
    expect(case, result.code, result.out + result.err)
    if result.code == 0:
        assert len(result.records) == data.count(b"\n")  # one record for each line
    if result.code == 1:
        assert result.err.count("\n") == 1
    assert before == {path: path.read_bytes() for path in (tiny_run / "model").iterdir()}


@pytest.mark.parametrize("case", SHARDS)
def test_shards(command, tiny_run, case):
    verb, cells, *more = SHARDS[case]
    Path("in").mkdir()
    if cells is not None:
        pq.write_table(pa.table(cells), "in/a.parquet")
    if case == "shards-damaged":
        Path("in/b.parquet").write_bytes(Path("in/a.parquet").read_bytes()[:-30])
    if case == "shards-strangers":
        Path("out").mkdir()
        Path("out/thesis.txt").write_text("years of work")
    if case == "shards-file":
        Path("out").write_text("kept")
    before = {path: path.is_file() and path.read_bytes() for path in Path().rglob("*")}
    result = command(verb, tiny_run, "in", *(more[0] if more else ["--out", "out"]))
    expect(case, result.code, result.err)
    assert result.out == "" and (result.code == 2 or len(result.err.splitlines()) <= 2)
    assert all(not was or path.read_bytes() == was for path, was in before.items())
    if result.code == 1:
        assert result.err.count("\n") == 1 and not list(Path().glob("out/*.parquet"))


@pytest.mark.parametrize("case", CONFIGS)
def test_configs(command, case):
    Path("bad.yaml").write_bytes(CONFIGS[case])
    result = command("config", "show", "bad.yaml")
    expect(case, result.code, result.err)
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("case", PROCESSES)
def test_processes(tiny_run, sentences, case):
    Path("good.jsonl").write_bytes(sentences.read_bytes())
    Path("in").mkdir()
    texts = [json.loads(line)["text"] for line in sentences.read_text().splitlines()]
    pq.write_table(pa.table({"text": texts}), "in/a.parquet")
    words = PROCESSES[case].replace("MODEL", str(tiny_run))
    line = words.replace("swae-text", f"{sys.executable} -m swae_text")
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120)
    expect(case, done.returncode, done.stderr)
    assert done.stdout == ""


def test_one_label(command, tiny_run):
    Path("one.jsonl").write_text('{"text": "one of them .", "label": "liked"}\n' * 20)
    arguments = ("--data", "one.jsonl", "--out", "v.safetensors")
    result = command("attribute", "fit", tiny_run, *arguments)
    expect("one-label", result.code, result.err)
    assert not Path("v.safetensors").exists()


def test_what_is_not_a_file_or_a_folder(command, tiny_run, sentences, tmp_path):
    os.mkfifo("pipe")
    result = command("config", "show", "--set", "corpus.source=-")
    assert "source: '-'" in result.out
    result = command("data", "prepare", "pipe.txt", "--set", "corpus.source=pipe")
    expect("fifo", result.code, result.err)
    Path("file").write_text("kept")
    tiny = Path(__file__).resolve().parents[2] / "configs" / "tiny.yaml"
    result = command("train", tiny, "--runs-dir", "file", "--set", f"corpus.source={sentences}")
    expect("file-as-folder", result.code, result.err)
    result = command("attribute", "fit", tiny_run, "--data", sentences, "--out", "pipe")
    expect("device", result.code, result.err)
    os.environ["SWAE_TEXT_CACHE"] = str(tmp_path / "file")  # undone with the fixture's own
    result = command("data", "prepare", sentences)
    expect("cache-folder", result.code, result.err)
    assert Path("file").read_text() == "kept" and Path("pipe").is_fifo()
