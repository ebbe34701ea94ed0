import os
import subprocess
import sys
from pathlib import Path

import pytest

from swae_text import __version__


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "swae_text", *arguments]
    return subprocess.run(command, text=True, capture_output=True, timeout=60, **options)


def test_version(command):
    assert command("--version").out == f"swae-text {__version__}\n"


def test_module_and_script_are_one_command():
    script = Path(sys.executable).with_name("swae-text")
    if not script.exists():
        pytest.skip("the package is not installed, so there is no script")
    by_script = subprocess.run([script, "--help"], text=True, capture_output=True, timeout=60)
    assert by_script.stdout == process("--help").stdout


def test_a_refusal_is_one_line_and_exit_code_1(command):
    result = command("train", "no-such.yaml")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("swae-text: no-such.yaml: ")
    assert result.err.count("\n") == 1


def test_debug_adds_the_traceback(command):
    result = command("--debug", "config", "show", "no-such.yaml")
    assert result.code == 1
    assert "Traceback" in result.err
    assert result.err.splitlines()[-1].startswith("swae-text: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-verb"],
        ["train"],
        ["sample", "model", "-n", "0"],
        ["encode", "model", "--space", "outer"],
        ["train", "x.yaml", "--resume", "--overwrite"],
        ["sample", "model", "--seed", str(2**63)],
        ["attribute", "apply", "model", "vector", "--confidence", "0.7"],
        ["attribute", "apply", "model", "vector", "--leash", "0.1"],
        ["attribute", "apply", "model", "vector", "--no-merge"],
        ["attribute", "fit", "model", "--out", "vector", "--probes", "3"],
        ["decode", "model", "--n-best", "--format", "text"],
        ["neighbours", "model", "--vectors", "file", "--split", "valid"],
    ],
)
def test_wrong_usage_is_exit_code_2(command, arguments):
    result = command(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["interpolate", "model", "we left .", ""],
        ["traverse", "model", " ", "--axis", "0"],
        ["analogy", "model", "we left .", "\u200b", "we stayed ."],
    ],
)
def test_an_empty_sentence_is_refused_before_a_model_is_opened(command, arguments):
    result = command(*arguments)
    assert (result.code, result.out) == (1, "")
    assert "the command line: sentence " in result.err and "is empty" in result.err


def test_a_reader_who_leaves_ends_the_command_in_silence():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "swae_text", "config", "schema"]
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["train", "--help"], ["curve", "--help"], ["attribute", "--help"]]
)
def test_help_loads_nothing_heavy(arguments):
    """A process that answers in a fifth of a second, by what it leaves out and not by a clock."""
    script = (
        "import sys; from swae_text.cli.app import main; code = main(sys.argv[1:]); "
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and "Usage" in result.stdout
    heavy = {"torch", "numpy", "pyarrow", "sentencepiece", "datasets", "nltk", "sacrebleu"}
    assert heavy.isdisjoint(result.stderr.split())
