"""The chain of noise and denoising: what it leaves alone, what it does, and where it ends."""

import pytest
import torch

from swae_text.generation.chain import walk

WORDS = torch.tensor([-2.0, 2.0])  # two sentences, "-2" and "2", and whatever lies between


def encode(texts):
    return torch.tensor([[float(text)] for text in texts])


def decode(codes):
    """The nearer of the two: what noise of 1 on them leaves."""
    return [f"{WORDS[(code - WORDS).abs().argmin()]:g}" for code in codes]


def run(texts, rounds, *, level=0.0, seed=0, readable=lambda texts: [True] * len(texts)):
    return walk(
        texts,
        rounds,
        encode=encode,
        decode=decode,
        readable=readable,
        level=level,
        generator=torch.Generator().manual_seed(seed),
    )


def test_no_round_changes_nothing():
    assert run(["0.3", "-0.1"], 0, level=1.0) == ["0.3", "-0.1"]


def test_what_is_none_of_the_sentences_becomes_one_and_stays_it():
    assert run(["0.3", "-0.1"], 1) == run(["0.3", "-0.1"], 5) == ["2", "-2"]


def test_noise_carries_from_one_to_the_other_and_its_seed_says_which():
    start = ["2"] * 400
    after = run(start, 30, level=2.0)
    assert run(start, 30, level=2.0) == after != run(start, 30, level=2.0, seed=1)
    assert 0.4 < after.count("2") / 400 < 0.6  # as many of either, as the model has it


@pytest.mark.parametrize("left", ["", " ", "too long"])
def test_what_cannot_be_encoded_stays_as_it_is(left):
    def short(texts):
        return [text != "too long" for text in texts]

    assert run(["0.3", left, "-0.1"], 2, readable=short) == ["2", left, "-2"]
    assert run([left], 2, readable=short) == [left]
