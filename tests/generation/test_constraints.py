"""Banned and required words: what is promised, checked on texts and not on pieces."""

import json
import random
import re
from functools import reduce
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swae_text.config import CorpusConfig
from swae_text.corpora.tokenizer import EOS
from swae_text.errors import ConfigError
from swae_text.generation.banned import BEGIN, BannedWords, as_words
from swae_text.generation.constraints import constraints
from swae_text.generation.decoding import Decoding
from swae_text.generation.required import NOTHING, Progress, RequiredWords, allocate
from swae_text.space import SentenceSpace

MODES = {
    "greedy": {},
    "drawn": {"temperature": 1.0},
    "wild": {"temperature": 3.0},
    "first": {"temperature": 1.0, "top_k": 1},
    "beams": {"beams": 4},
    "reranked": {"beams": 3, "rerank": True},
}
COMMON = ("the", "was", ".", "at home", "wait")


@pytest.fixture(scope="module")
def space(fluent_run: Path) -> SentenceSpace:
    return SentenceSpace.from_pretrained(fluent_run / "model")


@pytest.fixture(scope="module")
def codes(space: SentenceSpace, sentences: Path) -> torch.Tensor:
    """Codes at, near and far from those of sentences, 20 each."""
    texts = [json.loads(line)["text"] for line in sentences.read_text().splitlines()[::4]]
    near = space.encode(texts, space="code")
    noise = torch.randn(near.shape, generator=torch.Generator().manual_seed(0))
    return near + noise * torch.tensor([0.0, 0.5, 1.5]).repeat(20)[:, None]


def holds(text: str, word: str) -> bool:
    """Whether a text has a word or phrase among its words and signs; not by the same pattern."""
    parts, wanted = (re.findall(r"\w+|[^\w\s]", line) for line in (text, word))
    return any(parts[at : at + len(wanted)] == wanted for at in range(len(parts)))


def pieces(space: SentenceSpace, text: str) -> int:
    return len(space.tokenizer.encode([text])[0]) - 1


def decoded(space: SentenceSpace, z: torch.Tensor, **settings) -> list[str]:
    generator = torch.Generator().manual_seed(0)
    return space.decode(z, space="code", decoding=Decoding(**settings), generator=generator)


@pytest.mark.parametrize("mode", MODES)
def test_no_sentence_holds_a_banned_word(space, codes, mode):
    free = decoded(space, codes, **MODES[mode])
    assert sum(holds(text, word) for text in free for word in COMMON) > 20
    kept = decoded(space, codes, **MODES[mode], banned=COMMON)
    assert not [text for text in kept if any(holds(text, word) for word in COMMON)]
    assert len(kept) == len(codes)


def test_nor_does_any_candidate(space, codes):
    for row in space.candidates(codes, Decoding(beams=4, banned=COMMON), space="code"):
        assert row and not any(holds(made.text, word) for made in row for word in COMMON)


@pytest.mark.parametrize("word", [*COMMON, "us", "cook"])
def test_greedy_sentences_without_the_word_stay_as_they_are(space, codes, word):
    free, kept = decoded(space, codes), decoded(space, codes, banned=(word,))
    for before, after in zip(free, kept, strict=True):
        assert holds(before, word) or before == after


def test_a_longer_word_is_another_word(space):
    texts = ["the waiter was kind and quick today .", "the waiter smiled at us again ."]
    assert space.reconstruct(texts, decoding=Decoding(banned=("wait", "smile", "we"))) == (
        space.reconstruct(texts)
    )


def test_every_letter_banned_leaves_something_to_write(space, codes):
    letters = tuple("abcdefghijklmnopqrstuvwxyz.,!?-'0123456789")
    for mode in ({}, {"temperature": 3.0}, {"beams": 3}):
        for text in decoded(space, codes[:10], **mode, banned=letters):
            assert not any(holds(text, letter) for letter in letters)


def test_exactly_the_texts_with_the_word_are_forbidden(space):
    words = ("wa", "a wait", "i", "'s", "ït", "t !")
    banned, random_ = BannedWords(words, space.tokenizer), random.Random(0)
    surfaces = space.tokenizer.surfaces()
    signs = [b"w", b"a", b"i", b"t", b" ", b"!", b"'", b"s", b" wa", b" a"]
    pieces = [surfaces.index(sign) for sign in signs if sign in surfaces] + [1]
    umlaut = [surfaces.index(bytes([byte])) for byte in "ï".encode()]
    seen = [0, 0]
    for _ in range(4000):
        tokens: list[int] = []
        for piece in random_.choices([*pieces, -1], k=random_.randint(1, 9)):
            tokens += umlaut if piece < 0 else [piece]
        text, allowed = BEGIN, True
        for token in [*tokens, EOS]:
            allowed = allowed and not banned.forbidden([text])[0, token]
            text = banned.after(text, token)
        there = as_words(words).search(space.tokenizer.decode([tokens])[0]) is not None
        # a letter in bytes counts as an end, which may forbid too much
        assert allowed is not there if umlaut[0] not in tokens else not (allowed and there)
        seen[there] += 1
    assert min(seen) > 400


@pytest.mark.parametrize(
    "required",
    [("cook",), ("rude", "monday"), ("our guide", "slow .", "guide"), ("wait", "waiter"), ("zzz",)],
)
@pytest.mark.parametrize("more", [{}, {"rerank": True}, {"banned": ("the", "was")}])
def test_every_sentence_holds_the_required_words(space, codes, required, more):
    kept = Decoding(beams=4, required=required, **more)
    for row in space.candidates(codes[:20], kept, space="code"):
        for made in row:
            assert all(holds(made.text, word) for word in required)
            assert not any(holds(made.text, word) for word in kept.banned)


def test_a_required_word_may_go_on_from_a_banned_one(space, codes):
    (cut,) = space.tokenizer.encode(["zzz"])
    (start,) = space.tokenizer.decode([cut[:-2]])
    assert start in ("z", "zz")
    for text in decoded(space, codes, beams=3, required=("zzz",), banned=(start,)):
        assert holds(text, "zzz") and not holds(text, start)


def test_a_sentence_that_holds_the_word_already_stays_the_best(space, codes):
    for text, z in zip(decoded(space, codes[:6], beams=5), codes, strict=False):
        word = text.split()[0]
        assert decoded(space, z[None], beams=5, required=(word,)) == [text]


def test_words_that_just_fit_are_written_and_longer_ones_refused(space, codes):
    longest = space.config.model.max_tokens
    fits = "again " * ((longest - 1) // pieces(space, "again"))
    while pieces(space, fits) < longest - 1:
        fits += "."
    assert pieces(space, fits) == longest - 1
    for text in decoded(space, codes[:5], beams=2, required=(fits,)):
        assert holds(text, fits)
    with pytest.raises(ConfigError, match=f"{longest - 1} at most"):
        decoded(space, codes[:1], beams=2, required=(fits + " .",))


def test_many_words_are_all_written_in_time(space, codes):
    longest = space.config.model.max_tokens
    words = ("cook", "waiter", "monday", "hours", "owner", "penny", "driver", "money", "guide")
    while sum(pieces(space, word) for word in words) > longest - 1:
        words = words[:-1]
    assert len(words) > 3
    for text in decoded(space, codes[:12], beams=3, required=words):
        assert all(holds(text, word) for word in words)


def test_banned_words_that_shut_out_required_ones_are_told(space, codes):
    room = space.config.model.max_tokens - 1 - pieces(space, "cook")
    fits = "again " * (room // pieces(space, "again"))
    while pieces(space, fits) < room:
        fits += "."
    banned = ("cook again", "again cook", ". cook")
    with pytest.raises(ConfigError, match="leave no place"):
        decoded(space, codes[:3], beams=2, required=(fits, "cook"), banned=banned)


def test_what_stands_in_a_text_counts_and_what_was_abandoned_does_not(space):
    required = RequiredWords(("the cook", "cook was", "again"), space.tokenizer)

    def after(text: str) -> Progress:
        return reduce(required.after, space.tokenizer.encode([text])[0], NOTHING)

    assert required.missing(NOTHING) == required.pieces
    assert after("the cook was kind again").met == {0, 1, 2}  # words may overlap
    assert after("the cooking was kind againx").met == frozenset()
    assert after("the the cook smiled").met == {0}


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9), st.integers(1, 12))
def test_a_beam_is_dealt_out_whole(candidates, beams):
    places = allocate(candidates, beams)
    assert sum(places) == min(beams, sum(candidates))
    assert all(place <= count for place, count in zip(places, candidates, strict=True))
    share = beams // len(candidates)
    assert all(p >= min(c, share) for p, c in zip(places, candidates, strict=True))


def test_words_are_normalised_as_the_corpus_is(space):
    lower = CorpusConfig(lowercase=True, split_punctuation=True)
    rules = constraints(("Food", "DON'T"), (), space.tokenizer, lower)
    assert rules.banned is not None
    assert [rules.banned.ends(f" {word}") for word in ("food", "Food")] == [True, False]
    assert rules.banned.ends(" do n't") and not rules.banned.ends(" don't")


@pytest.mark.parametrize(
    ("banned", "required", "told"),
    [
        ((" ",), (), "empty"),
        ((), ("\u200b",), "empty"),
        (("Cook",), ("the cook",), "'the cook' is required and holds 'cook'"),
        (("!",), ("go!",), "banned"),
    ],
)
def test_words_without_a_meaning_are_refused(space, banned, required, told):
    with pytest.raises(ConfigError, match=told):
        constraints(banned, required, space.tokenizer, CorpusConfig(lowercase=True))


def test_required_words_need_beams():
    with pytest.raises(ConfigError, match="required words are searched for"):
        Decoding(required=("cook",))
