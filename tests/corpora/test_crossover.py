import pytest
import torch
from torch import Tensor

from swae_text.config import CrossoverConfig
from swae_text.corpora.crossover import cross
from swae_text.corpora.tokenizer import EOS, FIRST_PIECE, PAD

B, T = 400, 40


def sentences() -> Tensor:
    """Rows of unlike length; a token says its row and its place."""
    lengths = torch.randint(1, T - 1, (B, 1), generator=chance(9))
    place = torch.arange(T)
    tokens = FIRST_PIECE + T * torch.arange(B)[:, None] + place
    return torch.where(place < lengths, tokens, torch.where(place == lengths, EOS, PAD))


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


X = sentences()
PLACE = torch.arange(T)


def sources(tokens: Tensor) -> list[set[int]]:
    """The rows that the words of each sentence are from."""
    return [
        {(int(token) - FIRST_PIECE) // T for token in row if token >= FIRST_PIECE} for row in tokens
    ]


def test_a_crossed_sentence_begins_as_its_own_and_ends_as_another() -> None:
    made, crossed = cross(X, CrossoverConfig(share=0.9999, exchange=0.0), chance())
    assert crossed.all()
    from_rows = sources(made)
    assert max(len(rows) for rows in from_rows) == 2
    # both are there in most: not where the cut is at the beginning, or before the other's end
    assert sum(len(rows) == 2 for rows in from_rows) > 0.7 * B
    own = made == X
    words = made >= FIRST_PIECE
    assert ((own & words).long().diff(dim=1)[(words[:, 1:])] <= 0).all()  # never its own again


@pytest.mark.parametrize("exchange", [0.0, 0.5])
def test_every_sentence_has_one_end_and_each_word_its_place(exchange: float) -> None:
    made, _ = cross(X, CrossoverConfig(share=0.5, exchange=exchange), chance())
    ends = made == EOS
    assert (ends.sum(1) == 1).all()
    assert ((made == PAD) == (ends.long().argmax(1, keepdim=True) < PLACE)).all()
    words = made >= FIRST_PIECE
    assert (words.sum(1) >= 1).all()
    assert (((made - FIRST_PIECE) % T) == PLACE)[words].all()


def test_share_and_exchange_are_met() -> None:
    made, crossed = cross(X, CrossoverConfig(share=0.3, exchange=0.0), chance())
    assert crossed.float().mean().item() == pytest.approx(0.3, abs=0.07)
    assert torch.equal(made[~crossed[:, 0]], X[~crossed[:, 0]])
    exchanged, _ = cross(X, CrossoverConfig(share=0.9999, exchange=0.2), chance())
    plain, _ = cross(X, CrossoverConfig(share=0.9999, exchange=0.0), chance())
    changed = (exchanged != plain)[plain >= FIRST_PIECE].float().mean().item()
    assert 0.08 < changed < 0.2  # a third that has ended has nothing to give


def test_the_input_is_left_alone_and_the_generator_decides() -> None:
    before, config = X.clone(), CrossoverConfig(share=0.5)
    first, _ = cross(X, config, chance(1))
    assert torch.equal(X, before)
    assert torch.equal(first, cross(X, config, chance(1))[0])
    assert not torch.equal(first, cross(X, config, chance(2))[0])
