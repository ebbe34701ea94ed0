"""Greedy decoding and sampling against what they stand for."""

import pytest
import torch

from swae_text.config import ModelConfig
from swae_text.corpora.tokenizer import BOS, EOS, PAD
from swae_text.errors import ConfigError
from swae_text.generation.decoding import Decoding, choose, generate
from swae_text.models.autoencoder import SentenceAutoencoder

LOGITS = torch.log(torch.tensor([[0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4]]))


@pytest.fixture
def model() -> SentenceAutoencoder:
    torch.manual_seed(3)
    size = {"width": 16, "layers": 1, "heads": 2}
    tree = {
        "encoder": {"kind": "transformer", **size},
        "decoder": {"kind": "transformer", **size},
        "code_dim": 8,
        "slots": 2,
        "max_tokens": 9,
    }
    return SentenceAutoencoder(ModelConfig.model_validate(tree), 12).eval()


def test_greedy_is_the_likeliest_next_token_without_a_cache(model):
    codes = torch.randn(5, 8)
    written = generate(model, codes)
    for code, sentence in zip(codes, written, strict=True):
        tokens = torch.tensor([[BOS]])
        expected: list[int] = []
        for _ in range(model.config.max_tokens):
            states = model.decoder(model.embedding(tokens), model.memory(code[None]))
            logits = model.logits(states[:, -1])
            logits[:, [PAD, BOS]] = -torch.inf
            token = int(logits.argmax())
            if token == EOS:
                break
            expected.append(token)
            tokens = torch.cat([tokens, torch.tensor([[token]])], 1)
        assert sentence == expected[: model.config.max_tokens - 1]


def test_a_row_does_not_depend_on_its_batch(model):
    codes = torch.randn(7, 8)
    assert generate(model, codes) == [generate(model, code[None])[0] for code in codes]


def test_no_codes_give_no_sentences(model):
    assert generate(model, torch.empty(0, 8)) == []


def draws(decoding: Decoding, n: int = 4000) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    chosen = choose(LOGITS.expand(n, -1), decoding, generator)
    return chosen.bincount(minlength=LOGITS.shape[1]) / n


def test_a_draw_at_temperature_one_follows_the_distribution():
    torch.testing.assert_close(draws(Decoding(1.0)), LOGITS.exp()[0], atol=0.03, rtol=0)


@pytest.mark.parametrize("cut", [{"top_k": 2}, {"top_p": 0.65}, {"min_p": 0.7}])
def test_a_cut_keeps_the_likeliest_and_their_odds(cut):
    torch.testing.assert_close(
        draws(Decoding(1.0, **cut)),
        torch.tensor([0, 0, 0, 0, 0, 3 / 7, 4 / 7]),
        atol=0.03,
        rtol=0,
    )


@pytest.mark.parametrize("cut", [{"top_p": 0.01}, {"min_p": 1.0}])
def test_the_hardest_cut_keeps_one(cut):
    assert draws(Decoding(1.0, **cut))[6] == 1


def test_padding_and_begin_are_never_written():
    logits = torch.zeros(1, 6)
    logits[0, [PAD, BOS]] = 50.0
    assert choose(logits, Decoding(), None).item() not in (PAD, BOS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1.0},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"min_p": -0.1},
        {"min_p": 1.1},
        {"beams": 0},
        {"length_penalty": -1.0},
        {"noise_level": -0.1},
        {"noise_level": float("inf")},
        {"beams": 3, "temperature": 1.0},
        {"rerank": True},
    ],
)
def test_settings_without_a_meaning_are_refused(wrong):
    with pytest.raises(ConfigError, match=list(wrong)[-1]):
        Decoding(**wrong)
