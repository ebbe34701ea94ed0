"""Do paths between sentences read well?

    smoothness of a path    lev(s₁, s_T) / Σ_t lev(s_t, s_{t+1})         (Zhang et al., 2024)

The interpolation smoothness of LangSpace with edits of words in place of its word mover's distance,
so the values are not those.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swae_text.errors import CorpusError
from swae_text.metrics.reconstruction import word_edits


@dataclass(frozen=True, slots=True)
class PathSmoothness:
    """How decoded paths get from one end to the other."""

    smoothness: float | None
    """Mean of direct edits / edits along the path, in (0, 1]; 1: no detour. None: no path moved."""
    largest_jump: float | None
    """Mean of the largest single step of a path, in word edits."""
    distinct: float
    """Mean number of different sentences on a path, its ends included."""
    skipped: int
    """Paths whose ends have the same words: no ratio is defined. They count in ``distinct``."""
    n: int
    """Paths, all of them."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PathPerplexity:
    """Perplexity of the decoded sentences, step by step."""

    steps: tuple[float, ...]
    """Perplexity at each step, pooled over the paths."""
    middle_to_ends: float
    """Perplexity of the middle step (of an even number, the middle two) / that of both ends."""
    n: int
    """Paths."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def path_smoothness(paths: Sequence[Sequence[str]]) -> PathSmoothness:
    """Judge decoded paths by the words that change from step to step.

    Raises:
        CorpusError: no path, or one with fewer than two sentences.
    """
    if not paths or min(map(len, paths)) < 2:
        raise CorpusError("paths cannot be judged: give at least one, of two or more sentences")
    ratios, jumps = [], []
    for path in paths:
        direct, steps = (
            word_edits(path[0], path[-1]),
            [word_edits(*pair) for pair in pairwise(path)],
        )
        if direct:
            ratios.append(direct / sum(steps))
            jumps.append(max(steps))
    return PathSmoothness(
        smoothness=fmean(ratios) if ratios else None,
        largest_jump=fmean(jumps) if jumps else None,
        distinct=fmean(len(set(path)) for path in paths),
        skipped=len(paths) - len(ratios),
        n=len(paths),
    )


def path_perplexity(log_probs: ArrayLike, words: ArrayLike) -> PathPerplexity:
    """Perplexity along paths from a language model's judgement of every sentence on them.

    Args:
        log_probs: natural log probability of each sentence ``[paths, steps]``.
        words: words it was divided into ``[paths, steps]``, with the end if that was scored.

    Raises:
        CorpusError: other shapes, fewer than two steps, or a step without words.
    """
    nats, count = -np.asarray(log_probs, np.float64), np.asarray(words, np.float64)
    if nats.ndim != 2 or nats.shape != count.shape or not len(nats) or nats.shape[1] < 2:
        shapes = f"{nats.shape} and {count.shape}"
        raise CorpusError(f"log_probs and words of shape {shapes}: give [paths, 2 steps or more]")
    paths, nats, count = len(nats), nats.sum(0), count.sum(0)
    if count.min() <= 0:
        raise CorpusError("a step of the paths has no words: count the end of each sentence too")
    last = len(nats) - 1
    middle, ends = [last // 2, (last + 1) // 2], [0, last]
    gain = nats[middle].sum() / count[middle].sum() - nats[ends].sum() / count[ends].sum()
    steps = np.exp(nats / count).tolist()
    return PathPerplexity(tuple(steps), float(np.exp(gain)), paths)
