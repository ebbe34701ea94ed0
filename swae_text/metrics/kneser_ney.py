"""Interpolated modified Kneser–Ney smoothing with exact counts, in sorted arrays of integers.

    p(w | h) = (c(hw) − D(c(hw))) / c(h·) + γ(h) p(w | h′),    γ(h) = Σᵥ D(c(hv)) / c(h·)

h′ is h without its first word, and the recursion ends in the uniform distribution over the
vocabulary, ``</s>`` and ``<unk>``. For the highest order, and for n-grams that begin with ``<s>``,
c counts occurrences; below, it counts the different words that stand before the n-gram. Each order
has three discounts from its counts of counts tᵢ (how many n-grams have c = i):

    D(i) = i − (i + 1) Y tᵢ₊₁ / tᵢ  for i = 1, 2, 3 (and more),    Y = t₁ / (t₁ + 2 t₂)

Where one cannot be computed or leaves (0, i], as in very small corpora, that order takes ½, 1 and
1½, the fallback of lmplz. Nothing is pruned, and ``<s>`` is context only. Sources: Chen & Goodman
(1998); Heafield et al., "Scalable modified Kneser–Ney language model estimation" (2013).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

_FALLBACK = np.array([0.0, 0.5, 1.0, 1.5])


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """All n-grams of one order, sorted; an n-gram's place among them is its number.

    Level one holds every word as the continuation of the one empty context, number 0.
    """

    keys: Int64[np.ndarray, " N"]
    """Number of the context one level below, times ``size``, plus the last word."""
    log_prob: Float64[np.ndarray, " N"]
    """ln p(last word | context), all lower orders mixed in; −∞ for ``<s>``."""
    log_backoff: Float64[np.ndarray, " N"]
    """ln γ of the n-gram as a context of the level above; 0 where it never was one."""
    mass: Float64[np.ndarray, " N+1"]
    """Running sum of the discounted shares: a context's slice spans 1 − γ of it."""
    size: int
    """Words including ``<unk>``, ``</s>`` and ``<s>``, which are the last three."""

    def find(
        self, contexts: Int64[np.ndarray, " n"], words: Int64[np.ndarray, " n"]
    ) -> Int64[np.ndarray, " n"]:
        """The numbers of n-grams, −1 for what was never seen; context −1 has no continuation."""
        keys = contexts * self.size + words
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)

    def span(
        self, contexts: Int64[np.ndarray, " n"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Where in ``mass`` the continuations of contexts begin and end: 1 − γ apart."""
        first = np.searchsorted(self.keys, contexts * self.size)
        last = np.searchsorted(self.keys, (contexts + 1) * self.size)
        return self.mass[first], self.mass[last]

    def at(self, masses: Float64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
        """The last word of the n-gram that lies at a place in ``mass``."""
        return self.keys[np.searchsorted(self.mass, masses, side="right") - 1] % self.size


class _Counts(NamedTuple):
    keys: Int64[np.ndarray, " N"]
    suffix: Int64[np.ndarray, " N"]  # the n-gram without its first word, one level below
    raw: Int64[np.ndarray, " N"]


def estimate(tokens: Int64[np.ndarray, " T"], order: int, size: int) -> tuple[Level, ...]:
    """One level for each order from 1 to ``order``, fewer if no sentence is that long.

    Args:
        tokens: sentences one after another, each from ``<s>`` (``size − 1``) to ``</s>``.
        order: words in the longest n-grams, at least 1.
        size: the vocabulary with ``<unk>``, ``</s>`` and ``<s>``.
    """
    counts = _count(tokens, order, size)
    levels: list[Level] = []
    prob = np.array([1 / (size - 1)])
    for number, (keys, suffix, raw) in enumerate(counts):
        above = counts[number + 1] if number + 1 < len(counts) else None
        count = raw if above is None else _adjusted(raw, above)
        if number == 0:
            count[size - 1] = 0  # <s> follows nothing
        context = keys // size
        cut = _discounts(count)[np.minimum(count, 3)]
        total = np.bincount(context, count, len(prob))
        freed = np.bincount(context, cut, len(prob))
        gamma = np.divide(freed, total, out=np.ones(len(prob)), where=total > 0)
        if levels:
            np.log(gamma, out=levels[-1].log_backoff)
        share = (count - cut) / total[context]
        prob = share + gamma[context] * prob[suffix]
        mass = np.concatenate(([0.0], np.cumsum(share)))
        levels.append(Level(keys, np.log(prob), np.zeros(len(keys)), mass, size))
    levels[0].log_prob[size - 1] = -np.inf
    return tuple(levels)


def _count(tokens: Int64[np.ndarray, " T"], order: int, size: int) -> list[_Counts]:
    """Count the n-grams of every order; none crosses from one sentence into the next."""
    place = np.arange(len(tokens))
    age = place - np.maximum.accumulate(np.where(tokens == size - 1, place, 0))
    raw = np.bincount(tokens, minlength=size)
    counts = [_Counts(np.arange(size), np.zeros(size, np.int64), raw)]
    below = tokens  # at every place the number of the n-gram that ends there
    for length in range(2, order + 1):
        ends = np.flatnonzero(age >= length - 1)
        if not len(ends):
            break
        keys, number, raw = np.unique(
            below[ends - 1] * size + tokens[ends], return_inverse=True, return_counts=True
        )
        suffix = np.empty(len(keys), np.int64)
        suffix[number] = below[ends]
        counts.append(_Counts(keys, suffix, raw))
        below = np.full(len(tokens), -1)
        below[ends] = number
    return counts


def _adjusted(raw: Int64[np.ndarray, " N"], above: _Counts) -> Int64[np.ndarray, " N"]:
    """How many different words stand before each n-gram; before ``<s> …`` none does: as often."""
    heads = np.bincount(above.suffix, minlength=len(raw))
    return np.where(heads > 0, heads, raw)


def _discounts(count: Int64[np.ndarray, " N"]) -> Float64[np.ndarray, " 4"]:
    """What is taken from counts of 0, 1, 2, and 3 or more."""
    t = np.bincount(np.minimum(count, 5), minlength=6)[:5].astype(np.float64)
    if not t[1:4].all():
        return _FALLBACK
    i = np.arange(4)
    discounts = i - (i + 1) * t[1] / (t[1] + 2 * t[2]) * t[1:] / np.maximum(t[:4], 1)
    discounts[0] = 0
    return discounts if (discounts[1:] > 0).all() else _FALLBACK
