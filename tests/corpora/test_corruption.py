import pytest
import torch
from torch import Tensor

from swae_text.config import CorruptionConfig
from swae_text.corpora.corruption import corrupt
from swae_text.corpora.tokenizer import EOS, FIRST_PIECE, PAD, UNK

VOCAB = 1000
B, T = 400, 40


def sentences(seed: int = 0) -> Tensor:
    """Rows of unlike length whose tokens all differ: 260, 261, …, EOS, PAD."""
    lengths = torch.randint(1, T - 1, (B, 1), generator=chance(seed))
    place = torch.arange(T)
    tokens = (FIRST_PIECE + place).expand(B, T)
    return torch.where(place < lengths, tokens, torch.where(place == lengths, EOS, PAD))


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def words(tokens: Tensor) -> Tensor:
    return (tokens != PAD) & (tokens != EOS)


X = sentences()
EVERYTHING = CorruptionConfig(drop=0.3, mask=0.2, substitute=0.2, shuffle=3)


@pytest.mark.parametrize("config", [EVERYTHING, CorruptionConfig(drop=0.95), CorruptionConfig()])
def test_each_sentence_keeps_a_word_then_one_end_then_padding(config: CorruptionConfig) -> None:
    damaged = corrupt(X, config, VOCAB, chance())
    lengths = words(damaged).sum(1)
    assert (lengths >= 1).all()
    if config.drop:
        assert int(lengths.max()) + 1 == damaged.shape[1]
    place = torch.arange(damaged.shape[1])
    assert ((damaged == EOS) == (place == lengths[:, None])).all()
    assert ((damaged == PAD) == (place > lengths[:, None])).all()


def test_nothing_asked_is_nothing_done() -> None:
    assert torch.equal(corrupt(X, CorruptionConfig(), VOCAB, chance()), X)


def test_input_is_left_alone_and_the_generator_decides() -> None:
    before = X.clone()
    first = corrupt(X, EVERYTHING, VOCAB, chance(1))
    assert torch.equal(X, before)
    assert torch.equal(first, corrupt(X, EVERYTHING, VOCAB, chance(1)))
    second = corrupt(X, EVERYTHING, VOCAB, chance(2))
    assert first.shape != second.shape or not torch.equal(first, second)


def rate(hits: Tensor, out_of: Tensor) -> float:
    return float(hits.sum() / out_of.sum())


def test_rates() -> None:
    n = words(X)  # about 7,600 tokens: three standard errors of 0.2 are 0.014
    dropped = corrupt(X, CorruptionConfig(drop=0.2), VOCAB, chance())
    assert 1 - rate(words(dropped), n) == pytest.approx(0.2, abs=0.02)
    masked = corrupt(X, CorruptionConfig(mask=0.2), VOCAB, chance())
    assert rate(masked == UNK, n) == pytest.approx(0.2, abs=0.014)
    assert torch.equal(masked[masked != UNK], X[masked != UNK])
    substituted = corrupt(X, CorruptionConfig(substitute=0.2), VOCAB, chance())
    changed = substituted != X
    assert rate(changed, n) == pytest.approx(0.2, abs=0.015)
    assert substituted[changed].min() >= FIRST_PIECE and substituted.max() < VOCAB


def test_dropping_keeps_the_order() -> None:
    dropped = corrupt(X, CorruptionConfig(drop=0.5), VOCAB, chance())
    inside = words(dropped)[:, 1:]
    assert (dropped.diff(dim=1)[inside] > 0).all()


@pytest.mark.parametrize("reach", [1, 3, 50])
def test_shuffle_moves_no_token_too_far_and_loses_none(reach: int) -> None:
    shuffled = corrupt(X, CorruptionConfig(shuffle=reach), VOCAB, chance())
    moved = (shuffled - FIRST_PIECE - torch.arange(T)).abs()[words(shuffled)]
    assert 0 < moved.max() <= reach
    assert torch.equal(shuffled.sort(1).values, X.sort(1).values)


def test_an_empty_sentence_stays_empty() -> None:
    empty = torch.tensor([[EOS, PAD], [FIRST_PIECE, EOS]])
    damaged = corrupt(empty, CorruptionConfig(drop=0.9, shuffle=2), VOCAB, chance())
    assert torch.equal(damaged, empty)


def test_a_small_vocabulary_has_substitutes_too() -> None:
    tokens = torch.tensor([[5, 6, EOS]])
    damaged = corrupt(tokens, CorruptionConfig(substitute=0.99), 8, chance())
    assert damaged[0, :2].min() > EOS and damaged.max() < 8
