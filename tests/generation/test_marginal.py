"""The decoder as a language model: an average over codes, and a choice by the word."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swae_text.config import ModelConfig
from swae_text.corpora.batching import pad
from swae_text.generation.marginal import best_of, likelihood, log_marginal, slor
from swae_text.models.autoencoder import SentenceAutoencoder


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    small = {"kind": "transformer", "width": 16, "layers": 1, "heads": 2}
    tree = {"encoder": small, "decoder": small, "code_dim": 8, "slots": 2, "max_tokens": 12}
    return SentenceAutoencoder(ModelConfig.model_validate(tree), 20).eval()


@torch.inference_mode()
def test_it_is_the_mean_probability_whatever_the_batches(model):
    draw = np.random.default_rng(0)
    sentences = [draw.integers(5, 20, size).astype(np.int32) for size in (3, 7, 1, 5)]
    codes = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    for size in (1, 3, 128):
        found = log_marginal(model, sentences, codes, batch_size=size)
        for sentence, nats in zip(sentences, found, strict=True):
            row = pad([sentence])
            each = [model.log_likelihood(code[None], row).exp().item() for code in codes]
            assert nats.item() == pytest.approx(math.log(sum(each) / 3), rel=1e-4)


def test_the_likeliest_a_word_is_taken_and_not_the_shortest():
    texts = ["a", "a b c", "d", "e f g h"]
    nats = [-4.0, -6.0, -2.0, -6.0]
    assert best_of(texts, list(map(likelihood, nats, texts)), 2) == ["a b c", "d"]
    assert best_of(texts, [-4.0, -math.inf, -math.inf, -60.0], 2) == ["a", "e f g h"]


def test_by_slor_a_rare_word_is_not_held_against_a_sentence():
    common, rare = np.array([5, 6, 3], np.int32), np.array([5, 7, 3], np.int32)
    alone = np.array([0, 0, 0, 0, 0, -1, -2, -9], np.float32)
    assert slor(-6.0, common, alone) == pytest.approx((-6 + 3) / 3)
    assert slor(-9.0, rare, alone) == pytest.approx((-9 + 10) / 3)
    texts, nats = ["the food", "the bruschetta"], [-6.0, -9.0]
    fair = [slor(each, pieces, alone) for each, pieces in zip(nats, (common, rare), strict=True)]
    assert best_of(texts, fair, 2) == ["the bruschetta"]
    assert best_of(texts, list(map(likelihood, nats, texts)), 2) == ["the food"]


@given(st.lists(st.sampled_from(["", "a", "b c"]), min_size=1, max_size=6), st.integers(1, 4))
def test_one_of_each_group(texts, several):
    rows = [text for text in texts for _ in range(several)]
    assert best_of(rows, [-1.0] * len(rows), several) == texts
