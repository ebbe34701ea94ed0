"""Banned and required words: what is promised, checked on texts and not on pieces."""

import random
import re
from pathlib import Path

import pytest
import sentencepiece
import torch
from hypothesis import given
from hypothesis import strategies as st

from swae_text.config import CorpusConfig
from swae_text.corpora.tokenizer import EOS, Tokenizer
from swae_text.errors import ConfigError
from swae_text.generation.banned import BEGIN, BannedWords, as_words
from swae_text.generation.constraints import constraints
from swae_text.generation.decoding import Decoding
from swae_text.generation.required import NOTHING, RequiredWords, allocate
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
def space(tiny_run: Path) -> SentenceSpace:
    return SentenceSpace.from_pretrained(tiny_run / "model")


@pytest.fixture(scope="module")
def codes(space: SentenceSpace) -> torch.Tensor:
    return 2 * torch.randn(60, space.dim("code"), generator=torch.Generator().manual_seed(0))


def holds(text: str, word: str) -> bool:
    """Whether a text has a word or phrase among its words and signs; not by the same pattern."""
    parts, wanted = (re.findall(r"\w+|[^\w\s]", line) for line in (text, word))
    return any(parts[at : at + len(wanted)] == wanted for at in range(len(parts)))


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
    words = ("wait", "a wait", "wa", "'s", "ït", "t !")
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
    assert min(seen) > 500


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
    cut = next(
        word
        for word in ("smiled", "shouted", "penny", "waiter", "driver", "quick")
        if len(space.tokenizer.encode([word])[0]) > 2
    )
    ((first, *_),) = space.tokenizer.encode([cut])
    (start,) = space.tokenizer.decode([[first]])
    kept = Decoding(beams=3, required=(cut,), banned=(start,) if start else ())
    assert start and all(holds(t, cut) for t in space.decode(codes, space="code", decoding=kept))


def test_what_is_likely_with_the_word_is_found(space):
    """A sentence that holds the word already is the best that there is."""
    text = space.reconstruct("the cook was kind and quick today .", decoding=Decoding(beams=5))
    word = text[0].split()[0]
    kept = Decoding(beams=5, required=(word,))
    assert space.reconstruct("the cook was kind and quick today .", decoding=kept) == text


def test_words_that_just_fit_are_written_and_longer_ones_refused(space, codes):
    longest = space.config.model.max_tokens
    word, pieces = "x" * 40, 0
    while (pieces := len(space.tokenizer.encode([word])[0]) - 1) > longest - 1:
        word = word[:-1]
    while pieces < longest - 1:
        word += " x"
        pieces = len(space.tokenizer.encode([word])[0]) - 1
    if pieces == longest - 1:
        fits = space.decode(codes[:5], space="code", decoding=Decoding(beams=2, required=(word,)))
        assert all(holds(text, word) for text in fits)
    with pytest.raises(ConfigError, match=f"{longest - 1} at most"):
        space.decode(codes[:1], space="code", decoding=Decoding(beams=2, required=(word + " x x",)))


def test_pieces_that_are_missing_are_counted(space):
    words = ("the cook", "cook was", "again")
    required = RequiredWords(words, space.tokenizer)
    progress = NOTHING
    assert required.missing(progress) == required.pieces
    for token in space.tokenizer.encode(["the cook was kind again"])[0]:
        progress = required.after(progress, token)
    assert required.missing(progress) == 0 and progress.met == {0, 1, 2}
    for token in space.tokenizer.encode(["the cooking again"])[0]:  # begun and abandoned
        progress = required.after(progress, token)
    fresh = NOTHING
    for token in space.tokenizer.encode(["the cooking againx"])[0]:
        fresh = required.after(fresh, token)
    assert fresh.met == frozenset()


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


def test_a_word_that_the_tokenizer_cannot_write_is_refused(tmp_path):
    (tmp_path / "text").write_text("the cook was kind\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"),
        model_prefix=str(tmp_path / "few"),
        vocab_size=20,
        hard_vocab_limit=False,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        minloglevel=2,
    )
    tokenizer = Tokenizer((tmp_path / "few.model").read_bytes())
    constraints(("cook",), (), tokenizer, CorpusConfig())
    with pytest.raises(ConfigError, match="cannot write 'żurek'"):
        constraints(("żurek",), (), tokenizer, CorpusConfig())


@pytest.mark.parametrize(
    "wrong", [{"required": ("cook",)}, {"banned": "cook"}, {"beams": 2, "required": "cook"}]
)
def test_settings_without_a_meaning_are_refused(wrong):
    with pytest.raises(ConfigError, match=list(wrong)[-1]):
        Decoding(**wrong)


def test_banned_words_that_shut_out_required_ones_are_told(space, codes):
    longest = space.config.model.max_tokens
    word = next(
        word
        for word in ("x", "q", "z")
        if len(space.tokenizer.encode([" ".join([word] * longest)])[0]) > 2
    )
    per = len(space.tokenizer.encode([word])[0]) - 1
    long = " ".join([word] * ((longest - 2) // per - 1))
    kept = Decoding(beams=2, required=(long, "cook"), banned=(f"{word} cook", f"cook {word}"))
    try:
        texts = space.decode(codes[:3], space="code", decoding=kept)
    except ConfigError as error:
        assert "leave no place" in str(error) or "at most" in str(error)
    else:
        assert all(holds(text, "cook") and holds(text, long) for text in texts)
