"""A trained model on a device that is not the CPU: see ``elsewhere.py``."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

TOOL = Path(__file__).with_name("elsewhere.py")
TEXT = "my friend was kind and quick today .\nour guide shouted at us again .\n"


def elsewhere(*arguments):
    """What ``swae-text`` prints where it works elsewhere."""
    done = subprocess.run(
        [sys.executable, TOOL, *map(str, arguments), "--device", "elsewhere"],
        input=TEXT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("reconstruct", "--beams", "3", "--rerank", "--ban", "friend"),
        ("reconstruct", "--space", "code", "--require", "guide"),
        ("sample", "-n", "4", "--temperature", "1", "--top-p", "0.9", "--noise-level", "0.5"),
        ("sample", "-n", "4", "--noise", "0.5", "--rounds", "1", "--best-of", "2"),
    ],
    ids=" ".join,
)
def test_sentences_are_the_same_wherever_they_are_made(command, tiny_run, arguments):
    verb, *options = arguments
    here = command(verb, tiny_run, *options, stdin=TEXT).out
    assert elsewhere(verb, tiny_run, *options) == here and here.count("\n") >= 2


def test_vectors_are_the_same_in_lines_and_in_shards(command, tiny_run, tmp_path):
    (tmp_path / "in").mkdir()
    parquet.write_table(pa.table({"text": TEXT.splitlines()}), tmp_path / "in/0.parquet")
    elsewhere("encode", tiny_run, tmp_path / "in", "--out", tmp_path / "out")
    vectors = parquet.read_table(tmp_path / "out/0.parquet")["z"].to_pylist()
    lines = command("encode", tiny_run, stdin=TEXT).records
    for vector, line in zip(vectors, lines, strict=True):
        assert vector == pytest.approx(line["z"], abs=1e-3)
    kept = tmp_path / "vectors.jsonl"
    kept.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert elsewhere("decode", tiny_run, kept) == command("decode", tiny_run, kept).out


def test_a_model_is_judged_alike(command, tiny_run):
    judge = ("evaluate", tiny_run, "--limit", 20, "--samples", 100, "--lm", "ngrams", "--json")
    there, here = json.loads(elsewhere(*judge)), json.loads(command(*judge).out)
    for part in ("reconstruction", "samples", "paths"):
        assert there[part] == here[part], part


@pytest.mark.parametrize("device", ["meta", "cuda:99", "nowhere", ""])
def test_a_device_that_is_not_there_is_refused(command, tiny_run, device):
    refused = command("sample", tiny_run, "--device", device)
    assert refused.code == 1 and f"device '{device}' is not to be had here" in refused.err
