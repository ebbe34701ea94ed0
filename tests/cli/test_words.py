"""``--ban`` and ``--require``: the same words in every verb that writes vectors out."""

import re

import pytest

LINES = "the cook smiled at us today .\n\nmy friend was rude and slow again .\n"


@pytest.fixture
def calls(command, tiny_run, sentences, tmp_path):
    """Arguments and stdin of each verb."""
    vector = tmp_path / "liked.safetensors"
    assert command("attribute", "fit", tiny_run, "--data", sentences, "--out", vector).code == 0
    return {
        "reconstruct": (("reconstruct", tiny_run), LINES),
        "decode": (("decode", tiny_run), command("encode", tiny_run, stdin=LINES).out),
        "sample": (("sample", tiny_run, "-n", 6), ""),
        "interpolate": (("interpolate", tiny_run, *LINES.split("\n\n"), "--steps", 3), ""),
        "apply": (("attribute", "apply", tiny_run, vector), LINES),
        "edit": (("attribute", "apply", tiny_run, vector, "--to", "liked", *UPHILL), LINES),
    }


UPHILL = ("--by", "gradient", "--confidence", 0.5)
VERBS = ["reconstruct", "decode", "sample", "interpolate", "apply", "edit"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_banned_word_is_gone_and_a_required_one_is_there(command, calls, verb):
    arguments, stdin = calls[verb]
    free = command(*arguments, stdin=stdin).records
    words = {word for record in free for word in re.findall(r"\w+", record["text"])}
    word = sorted(words)[-1]
    banned = command(*arguments, "--ban", word, "--ban", "no such", stdin=stdin).records
    assert not [record for record in banned if word in re.findall(r"\w+", record["text"])]
    required = command(*arguments, "--require", "our guide", "--ban", word, stdin=stdin).records
    for before, record in zip(free, required, strict=True):
        assert ("our guide" in record["text"]) is bool(before["text"])  # empty lines stay empty


@pytest.mark.parametrize("verb", VERBS)
def test_a_word_cannot_be_both(command, calls, verb):
    arguments, stdin = calls[verb]
    result = command(*arguments, "--ban", "cook", "--require", "cook", stdin=stdin)
    assert (result.code, result.out) == (2, "") and "'cook' cannot be banned" in result.err


def test_other_contradictions_are_told(command, tiny_run):
    drawn = command("sample", tiny_run, "--require", "cook", "--temperature", 1)
    assert (drawn.code, drawn.out) == (2, "") and "leave out --temperature" in drawn.err
    within = command("sample", tiny_run, "--require", "the cook", "--ban", "cook")
    assert (within.code, within.out) == (1, "") and within.err.count("\n") == 1
    for empty in ("--ban", "--require"):
        result = command("reconstruct", tiny_run, empty, " ", stdin=LINES)
        assert (result.code, result.out) == (1, "") and "empty" in result.err
    long = command("reconstruct", tiny_run, "--require", "the cook " * 30, stdin=LINES)
    assert (long.code, long.out) == (1, "") and "pieces and this model writes" in long.err
