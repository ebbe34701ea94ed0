"""Walks along one direction on a model that is tiny and bad."""

import re

import pytest

A = "the cook smiled at us today ."


def test_an_axis_needs_no_data(command, tiny_run):
    result = command("traverse", tiny_run, A, "--axis", 0, "--from", -2, "--to", 2, "--steps", 5)
    assert [point["position"] for point in result.records] == [-2, -1, 0, 1, 2]
    far = [point["distance"] for point in result.records]
    own = float(re.findall(r"itself is at (\S+)", result.err)[0])
    for distance, position in zip(far, (-2, -1, 0, 1, 2), strict=True):
        assert distance == pytest.approx(abs(position - own), abs=0.006)


@pytest.mark.parametrize("where", [("--axis", 1), ("--component", 1)])
def test_at_its_own_place_a_sentence_is_its_reconstruction(command, tiny_run, sentences, where):
    walk = ("traverse", tiny_run, A, *where, "--data", sentences, "--limit", 100, "--steps", 2)
    own = re.findall(r"itself is at (\S+)", command(*walk).err)[0]
    first = command(*walk, "--from", own, "--to", 9).records[0]
    assert first["text"] == command("reconstruct", tiny_run, stdin=A).records[0]["text"]
    assert first["distance"] < 0.05
    assert command(*walk, "--format", "text").out == command(*walk, "--format", "text").out


def test_the_model_s_corpus_is_the_default_of_a_component(command, tiny_run):
    result = command("traverse", tiny_run, A, "--component", 2, "--format", "table")
    assert "% of the variance" in result.err and len(result.out.splitlines()) == 7


def test_a_direction_that_is_not_there_is_refused(command, tiny_run, sentences):
    data = ("--data", sentences)
    for where, code in (
        ((), 2),
        (("--axis", 0, "--component", 1), 2),
        (("--component", 0), 2),
        (("--axis", 999), 1),
        (("--component", 999, *data), 1),
    ):
        assert command("traverse", tiny_run, A, *where).code == code


@pytest.mark.parametrize(
    "verb",
    [
        ("traverse", A, "--component", 1),
        ("interpolate", A, "the room was cold .", "--perplexity"),
    ],
)
def test_a_bad_row_of_the_data_is_refused_or_skipped(command, tiny_run, sentences, tmp_path, verb):
    name, *arguments = verb
    data = tmp_path / "bad.jsonl"
    data.write_bytes(sentences.read_bytes() + b"{broken\n")
    words = (name, tiny_run, *arguments, "--data", data)
    refused, skipped = command(*words), command(*words, "--on-bad-row", "skip")
    assert refused.code == 1 and "bad.jsonl:" in refused.err
    assert len(skipped.records) == 7 and "skipped: 1" in skipped.err
