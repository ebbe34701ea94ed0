"""Invented sentences, as many as wanted: lengths as in Yelp, words by Zipf's law.

Speed depends on the lengths of sentences and on the size of the vocabulary, not on their sense.
"""

import itertools
from pathlib import Path

import numpy as np

_BLOCK = 100_000


def _words() -> list[str]:
    """20,000 pronounceable words, short ones first."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "ou")]
    short = syllables + ["".join(two) for two in itertools.product(syllables, repeat=2)]
    three = ("".join(parts) for parts in itertools.product(syllables, repeat=3))
    return [*short, *itertools.islice(three, 0, None, 90)][:20_000]


def write_sentences(path: Path, n: int, seed: int = 0) -> Path:
    """Write ``n`` sentences of 3 to 15 words, one a line; memory does not grow with ``n``."""
    random, words = np.random.default_rng(seed), np.array(_words())
    odds = 1 / (np.arange(len(words)) + 10.0)
    sums = np.cumsum(odds / odds.sum())
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, n, _BLOCK):
            lengths = random.integers(3, 16, min(_BLOCK, n - start))
            drawn = words[np.searchsorted(sums[:-1], random.random(int(lengths.sum())))]
            ends = np.cumsum(lengths)
            file.writelines(
                " ".join(drawn[a:b]) + " .\n" for a, b in zip(ends - lengths, ends, strict=True)
            )
    return path
