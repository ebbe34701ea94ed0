"""An n-gram language model: the judge of fluency and, trained on samples, of what they cover.

    ln p(w₁ … wₙ) = Σᵢ ln p(wᵢ | wᵢ₋ₖ₊₁ … wᵢ₋₁),    w₀ = <s>, wₙ = </s>, order k

Smoothing is in ``kneser_ney.py``, the unit in ``perplexity.py``. The vocabulary is closed: what is
outside is ``<unk>``, in training as well, so that ``<unk>`` has a probability that was counted. A
model that is given a vocabulary gives every word of it a probability, seen or not. That matters for
the reverse perplexity (a model of samples reads real sentences; Zhao et al., 2018, "Adversarially
regularized autoencoders"): over the samples' own words it would shrink with every word that the
samples lack. Both directions are comparable only over one vocabulary, that of the real sentences
(see KenLM's ``--vocab_pad`` and issue 67).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from swae_text.errors import ConfigError, CorpusError
from swae_text.metrics import arpa
from swae_text.metrics.kneser_ney import Level, estimate
from swae_text.metrics.perplexity import Perplexity, perplexity, split_words

_SPECIAL = ("<unk>", "</s>", "<s>")
_RESERVED = frozenset((*_SPECIAL, "<UNK>"))  # KenLM takes either case for the unknown word


def vocabulary(sentences: Sequence[str], min_count: int = 2) -> tuple[str, ...]:
    """The words seen at least ``min_count`` times, sorted.

    Texts that spell ``<s>``, ``</s>``, ``<unk>`` or ``<UNK>`` do not mean the model's own: those
    are left out and thus unknown, as are words with other white space in them than spaces.
    """
    counts = Counter(word for sentence in sentences for word in split_words(sentence))
    frequent = (word for word, count in counts.items() if count >= min_count)
    return tuple(sorted(filter(_is_word, frequent)))


_vocabulary = vocabulary  # a parameter has its name below


def _is_word(text: str) -> bool:
    return text not in _RESERVED and text.split() == [text] and "\0" not in text


@dataclass(frozen=True, slots=True, eq=False)
class NGramModel:
    """Interpolated modified Kneser–Ney over a closed vocabulary; made by ``train``."""

    vocabulary: tuple[str, ...]
    """The words it knows, sorted, without ``<unk>``, ``</s>`` and ``<s>``."""
    order: int
    """Words in the longest n-grams, at least 1."""
    signature: str
    """For example ``kn5|vocab:9349|min:2|trained:275179``; ``min:given`` for a given vocabulary."""
    levels: tuple[Level, ...]
    """The n-grams of each order, fewer than ``order`` if no sentence is that long."""

    @classmethod
    def train(
        cls,
        sentences: Sequence[str],
        order: int = 5,
        vocabulary: Sequence[str] | None = None,
        min_count: int = 1,
    ) -> "NGramModel":
        """Count the n-grams of sentences.

        Args:
            sentences: detokenised; an empty one is an end of sentence at once.
            order: words in the longest n-grams, at least 1.
            vocabulary: the words to know; by default those of ``sentences``.
            min_count: how often a word has to be seen to be known, where no vocabulary is given.

        Raises:
            CorpusError: there is nothing to count, or the vocabulary holds what is no word.
            ConfigError: the order is below 1.
        """
        if order < 1:
            raise ConfigError(f"an n-gram model of order {order}: the order has to be at least 1")
        if not sentences:
            raise CorpusError("no sentences to train on: give at least one")
        if vocabulary is None:
            words, origin = _vocabulary(sentences, min_count), str(min_count)
        else:
            words, origin = tuple(sorted(set(vocabulary))), "given"
            if odd := [word for word in words if not _is_word(word)]:
                raise CorpusError(f"the vocabulary holds {odd[0]!r}: leave it out, it is no word")
        levels = estimate(_encode(sentences, words), order, len(words) + len(_SPECIAL))
        signature = f"kn{order}|vocab:{len(words)}|min:{origin}|trained:{len(sentences)}"
        return cls(words, order, signature, levels)

    def log_probs(self, sentences: Sequence[str]) -> Float64[np.ndarray, " n"]:
        """Natural log probability of each sentence with its end; unknown words as ``<unk>``."""
        return self._score(_encode(sentences, self.vocabulary))

    def perplexity(self, sentences: Sequence[str]) -> Perplexity:
        """Perplexity per word including the end of sentence.

        Raises:
            CorpusError: there are no sentences.
        """
        tokens = _encode(sentences, self.vocabulary)
        unknown = int(np.count_nonzero(tokens == len(self.vocabulary)))
        return perplexity(self._score(tokens), sentences, unknown, self.signature)

    def next_log_probs(self, context: str) -> Float64[np.ndarray, " W"]:
        """Natural log probability of every next word after the beginning of a sentence.

        The ``W`` words are those of ``vocabulary`` in its order, then ``<unk>`` and ``</s>``.
        """
        start = _encode([context], self.vocabulary)[:-1]
        words = np.arange(len(self.vocabulary) + 2)
        rows = np.column_stack((np.tile(start, (len(words), 1)), words))
        return self._score_words(rows.ravel()).reshape(rows.shape)[:, -1]

    def sample(self, n: int, seed: int, max_words: int = 100) -> list[str]:
        """Draw sentences from the model's own distribution, word after word.

        From the longest context down: a share of 1 − γ(h) draws among the continuations of h by
        their discounted counts, the rest goes to h′; that is p(w | h) exactly. ``<unk>`` is never
        emitted, the word is drawn again: p(w | h, w ≠ <unk>).

        Args:
            n: how many sentences; they may be empty, and equal.
            seed: the same seed gives the same sentences.
            max_words: longer sentences are cut there.
        """
        rng = np.random.default_rng(seed)
        end = len(self.vocabulary) + 1
        drawn = np.full((n, max_words), end)
        rows = np.arange(n)
        state = np.full((len(self.levels), n), -1)  # [k]: number of the k-gram of the last k words
        state[0], state[1:2] = 0, end + 1
        for place in range(max_words):
            words = self._draw(state, rng)
            drawn[rows, place] = words
            for k in range(len(state) - 1, 0, -1):
                state[k] = self.levels[k - 1].find(state[k - 1], words)
            state, rows = state[:, words != end], rows[words != end]
        return [" ".join(self.vocabulary[w] for w in row if w != end) for row in drawn.tolist()]

    def write_arpa(self, path: str | Path) -> None:
        """Write the model for KenLM and others, which give the same scores; see ``arpa.py``."""
        arpa.write_arpa(path, (*self.vocabulary, *_SPECIAL), self.levels)

    def _score(self, tokens: Int64[np.ndarray, " T"]) -> Float64[np.ndarray, " n"]:
        starts = np.flatnonzero(tokens == len(self.vocabulary) + 2)
        log_probs = self._score_words(tokens)
        log_probs[starts] = 0.0  # <s> is given, not predicted
        sums: Float64[np.ndarray, " n"] = np.add.reduceat(log_probs, starts)
        return sums

    def _score_words(self, tokens: Int64[np.ndarray, " T"]) -> Float64[np.ndarray, " T"]:
        """Each word after all of its sentence that the model has seen; −∞ for ``<s>``."""
        log_probs: Float64[np.ndarray, " T"] = self.levels[0].log_prob[tokens]
        ends = tokens  # at every place the number of the n-gram that ends there
        for below, level in pairwise(self.levels):
            contexts = np.concatenate(([-1], ends[:-1]))[: len(ends)]
            ends = level.find(contexts, tokens)
            backed_off = log_probs + np.where(contexts < 0, 0.0, below.log_backoff[contexts])
            log_probs = np.where(ends < 0, backed_off, level.log_prob[ends])
        return log_probs

    def _draw(
        self, state: Int64[np.ndarray, "K n"], rng: np.random.Generator
    ) -> Int64[np.ndarray, " n"]:
        unknown = len(self.vocabulary)
        words = np.full(state.shape[1], unknown)
        while len(left := np.flatnonzero(words == unknown)):
            words[left] = self._draw_any(state[:, left], rng)
        return words

    def _draw_any(
        self, state: Int64[np.ndarray, "K n"], rng: np.random.Generator
    ) -> Int64[np.ndarray, " n"]:
        words = rng.integers(len(self.vocabulary) + 2, size=state.shape[1:])  # the last resort
        left = np.arange(len(words))
        for level, contexts in zip(reversed(self.levels), state[::-1], strict=True):
            low, high = level.span(contexts[left])
            target = low + rng.random(len(left))
            hit = target < high
            words[left[hit]] = level.at(target[hit])
            left = left[~hit]
        return words


def _encode(sentences: Sequence[str], words: Sequence[str]) -> Int64[np.ndarray, " T"]:
    """Numbers from ``<s>`` to ``</s>``: the words, then ``<unk>``, ``</s>`` and ``<s>``."""
    numbers = {word: number for number, word in enumerate(words)}
    unknown, end, start = range(len(words), len(words) + 3)
    tokens: list[int] = []
    for sentence in sentences:
        tokens.append(start)
        tokens.extend(numbers.get(word, unknown) for word in split_words(sentence))
        tokens.append(end)
    return np.array(tokens, np.int64)
