"""The chain of noise and denoising: what it leaves alone, what it does, and where it ends."""

import pytest
import torch

from swae_text.generation.chain import walk

WORDS = torch.tensor([-2.0, 2.0])  # two sentences, "-2" and "2", and whatever lies between


def run(texts, rounds, *, level=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def again(said):
        """Under noise, and the nearer of the two: what is left when that is taken off."""
        short = [text for text in said if text != "too long"]
        codes = torch.tensor([float(text) for text in short])
        codes = codes + level * torch.randn(len(codes), generator=generator)
        made = iter([f"{WORDS[(code - WORDS).abs().argmin()]:g}" for code in codes])
        return [next(made) if text in short else None for text in said]

    return walk(texts, rounds, again)


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
    assert run(["0.3", left, "-0.1"], 2) == ["2", left, "-2"]
    assert run([left], 2) == [left]
