"""Paths between two lists, and how hard their steps are for a language model."""

import json
import math

import pytest

from swae_text.evaluation.judges import MIN_COUNT, ORDER
from swae_text.metrics.ngram import NGramModel, vocabulary

A, B, C = (
    "the cook smiled at us today .",
    "my friend was rude and slow again .",
    "our guide was kind .",
)
STEPS = ("--steps", 3)


def pairs(*lines):
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"


@pytest.mark.parametrize("more", [(), ("--collapse",), ("--path", "nlerp", "--rerank")])
def test_a_list_has_the_paths_of_its_lines(command, tiny_run, more):
    lines = pairs(f"{A}\t{B}", "", {"texts": [B, C, A], "id": 7})
    found = command("interpolate", tiny_run, "--pairs", "-", *STEPS, *more, stdin=lines).records
    alone = [
        command("interpolate", tiny_run, *own, *STEPS, *more).records for own in ((A, B), (B, C, A))
    ]
    assert [record["texts"] for record in found] == [[A, B], [], [B, C, A]]
    assert found[1]["path"] == [] and found[2]["id"] == 7
    for record, walk in zip([found[0], found[2]], alone, strict=True):
        for point, same in zip(record["path"], walk, strict=True):
            assert point == {**same, "distance": pytest.approx(same["distance"], rel=1e-4)}


def test_batches_change_no_word(command, tiny_run, tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text(pairs(f"{A}\t{B}", "", f"{B}\t{C}", f"{C}\t{C}"))
    walks = ("interpolate", tiny_run, "--pairs", file, *STEPS, "--format", "text")
    whole = command(*walks).out
    assert whole == command(*walks, "--batch-size", 1).out
    assert [line.count("\t") for line in whole.splitlines()] == [2, 0, 2, 2]
    table = command("interpolate", tiny_run, "--pairs", file, *STEPS, "--format", "table").out
    assert len(table.splitlines()) == 3 * 3 + 4


def test_a_list_of_empty_lines_has_empty_paths(command, tiny_run):
    found = command("interpolate", tiny_run, "--pairs", "-", "--rerank", stdin="\n\t\n").records
    assert [record["path"] for record in found] == [[], []]


def test_steps_have_the_perplexity_of_the_corpus_model(command, tiny_run, sentences, tmp_path):
    texts = [json.loads(line)["text"] for line in sentences.read_text().splitlines()][:150]
    data = tmp_path / "other.txt"
    data.write_text("\n".join(texts))
    judge = NGramModel.train(texts, ORDER, vocabulary(texts, MIN_COUNT))
    own = ("interpolate", tiny_run, A, B, *STEPS, "--perplexity", "--data", data, "--collapse")
    for point in command(*own).records:
        expected = judge.perplexity([point["text"]]).value
        assert point["perplexity"] == pytest.approx(expected, rel=1e-4)
    default = command("interpolate", tiny_run, A, B, "--perplexity").records
    assert all(math.isfinite(point["perplexity"]) for point in default)


def test_what_makes_no_path_is_refused_in_its_place(command, tiny_run):
    walks = ("interpolate", tiny_run, "--pairs", "-")
    long = " ".join(["unheard"] * 99)
    refused = command(*walks, stdin=pairs(f"{A}\t{B}", f"{A}\t{long}"))
    assert refused.code == 1 and "stdin:2: " in refused.err and "shorten it" in refused.err
    assert command(*walks, stdin=pairs(A)).code == 1
    name = command("interpolate", long, B)  # longer than any file's
    assert name.code == 1 and "shorten it" in name.err
    for wrong in ((*walks, A, B), (*walks, "--data", "x"), ("interpolate", tiny_run)):
        assert command(*wrong).code == 2
