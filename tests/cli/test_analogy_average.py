"""Analogies and averages on a model that is tiny and bad: algebra, order, refusals."""

import json

import pytest

A, B, C = (
    "the cook smiled at us today .",
    "my friend was rude and slow again .",
    "our guide was kind .",
)


def reconstructed(command, tiny_run, *texts, more=()):
    lines = "\n".join(texts)
    return [
        record["text"] for record in command("reconstruct", tiny_run, *more, stdin=lines).records
    ]


@pytest.mark.parametrize("more", [(), ("--space", "code"), ("--rerank",)])
def test_an_analogy_of_equals_is_a_reconstruction(command, tiny_run, more):
    [found] = command("analogy", tiny_run, A, A, C, *more).records
    assert [found["text"]] == reconstructed(command, tiny_run, C, more=more)
    assert found["texts"] == [A, A, C] and found["distance"] >= 0


def test_analogies_of_a_file_are_those_of_its_lines(command, tiny_run):
    lines = f"{A}\t{B}\t{C}\n\n" + json.dumps({"texts": [B, A, C], "id": 1}) + "\n"
    first, empty, last = command("analogy", tiny_run, "--file", "-", stdin=lines).records
    assert empty == {"texts": [], "text": "", "distance": None} and last["id"] == 1
    for found, three in ((first, (A, B, C)), (last, (B, A, C))):
        assert command("analogy", tiny_run, *three).records[0]["text"] == found["text"]
    text = command("analogy", tiny_run, "--file", "-", "--format", "text", stdin=lines).out
    assert text.splitlines() == [first["text"], "", last["text"]]
    assert command("analogy", tiny_run, "--file", "-", stdin="\n").records == [empty]


def test_an_analogy_needs_three(command, tiny_run):
    for wrong in ((A, B), (), (A, B, C, C), (A, B, C, "--file", "-")):
        assert command("analogy", tiny_run, *wrong).code == 2
    refused = command("analogy", tiny_run, "--file", "-", stdin=f"{A}\t{B}\n")
    assert refused.code == 1 and "stdin:1: sentences given: 2, wanted: 3" in refused.err


@pytest.mark.parametrize("more", [(), ("--keep-length",)])
def test_the_average_of_one_sentence_is_its_reconstruction(command, tiny_run, more):
    [found] = command("average", tiny_run, *more, stdin=f"\n{A}\n{A}\n\n").records
    assert [found["text"]] == reconstructed(command, tiny_run, A) and found["n"] == 2


def test_an_average_does_not_depend_on_order_or_batches(command, tiny_run):
    one = command("average", tiny_run, stdin=f"{A}\n{B}\n{C}\n").records
    other = command("average", tiny_run, "--batch-size", 2, stdin=f"{C}\n{A}\n{B}\n").records
    assert one[0]["distance"] == pytest.approx(other[0].pop("distance"), rel=1e-4)
    assert one[0].pop("distance") and one == other


def test_averages_by_a_key_are_those_of_its_parts(command, tiny_run):
    rows = [{"text": A, "stars": 5}, {"text": B, "stars": None}, {"text": C, "stars": 5}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    five, none = command("average", tiny_run, "--by", "stars", stdin=lines).records
    assert (five["stars"], five["n"], none["stars"], none["n"]) == (5, 2, None, 1)
    [whole] = command("average", tiny_run, stdin=f"{A}\n{C}\n").records
    assert whole["text"] == five["text"]
    assert [none["text"]] == reconstructed(command, tiny_run, B)


def test_nothing_to_average_and_no_key_are_refused(command, tiny_run):
    for stdin in ("", "\n \n"):
        refused = command("average", tiny_run, stdin=stdin)
        assert refused.code == 1 and "no sentence to average" in refused.err
    refused = command("average", tiny_run, "--by", "stars", stdin=f"\n{A}\n")
    assert refused.code == 1 and "stdin:2: no 'stars'" in refused.err
