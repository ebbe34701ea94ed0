"""The nearest sentences of a corpus, exactly, while the corpus goes by in blocks.

    euclidean   |a - b|         cosine   1 - a·b / |a||b|

A running top-k: each block is compared with all queries and merged with the best so far. Of the
corpus only one block and the ``queries × k`` sentences that are still in question are held. For
``n`` sentences of ``d`` numbers that is 2·queries·n·d operations over 8·n·d bytes, far less than
encoding them costs. In double precision, since |a|² + |b|² - 2a·b in single precision would place a
sentence's exact copy at some 0.01 from it.

Equal sentences are one neighbour with a count. No list of all that went by is needed for it: the
k-th distance only falls, so a sentence that is dropped once can never come back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.errors import ConfigError

Metric: TypeAlias = Literal["euclidean", "cosine"]
_AT_ONCE = 512  # queries: 16 MB of distances to a block of 4,096


class Block(NamedTuple):
    """Some sentences of a corpus."""

    texts: Sequence[str]
    """Equal texts are one sentence."""
    z: Float[Tensor, "block dim"]
    """Their vectors, one row each."""
    labels: Sequence[str | None] = ()
    """One for each text, or nothing at all."""


@dataclass(slots=True)
class Neighbour:
    """A sentence of the corpus, as near as it is to one query."""

    text: str
    """The sentence."""
    label: str | None
    """Its label where it was met first; None where it has none."""
    count: int
    """How often the corpus has it."""
    distance: float
    """0 or more; with ``cosine`` 1 less the cosine, at most 2."""


@dataclass(slots=True)
class _Seen:
    """A sentence in question, and how often it has gone by."""

    text: str
    label: str | None
    count: int = 1


def nearest(
    queries: Float[Tensor, "queries dim"],
    blocks: Iterable[Block],
    *,
    k: int = 10,
    metric: Metric = "euclidean",
    without: Sequence[str | None] = (),
) -> list[list[Neighbour]]:
    """The ``k`` nearest sentences to each query, the nearest first; all, where there are fewer.

    Of sentences at the very same distance as the k-th, which ones stay is not said.

    Args:
        queries: vectors of the same space as those of the blocks.
        blocks: the corpus; gone through once.
        k: neighbours of each query, 1 or more.
        metric: what near means; a vector of zeros has cosine 0 with all.
        without: for each query a sentence that is not to be its neighbour, such as itself.

    Raises:
        ConfigError: ``k`` is below 1.
    """
    if k < 1:
        raise ConfigError(f"k={k}: ask for one neighbour or more")
    queries = _prepared(queries, metric)
    far, rows = queries.new_empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.long)
    rows = rows.to(queries.device)
    seen: list[_Seen] = []  # what a number of ``rows`` stands for
    for block in blocks:
        fresh, positions = _collapsed(block, seen)
        z = _prepared(block.z[torch.as_tensor(positions, dtype=torch.long)], metric).to(queries)
        columns = {sentence.text: column for column, sentence in enumerate(fresh)}
        merged = []
        for start in range(0, len(queries), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            apart = _distances(queries[some], z, metric)
            for row, text in enumerate(without[some]):
                if text in columns:
                    apart[row, columns[text]] = torch.inf
            merged.append(_merge(far[some], rows[some], apart, len(seen), k))
        if merged:
            far, rows = (torch.cat(parts) for parts in zip(*merged, strict=True))
        known = [*seen, *fresh]
        still, rows = rows.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        seen = [known[row] for row in still.tolist()]
    return [
        [
            Neighbour(seen[row].text, seen[row].label, seen[row].count, distance)
            for row, distance in zip(own, distances, strict=True)
            if distance < torch.inf  # the sentence itself, left out
        ]
        for own, distances in zip(rows.tolist(), far.tolist(), strict=True)
    ]


def _collapsed(block: Block, seen: Sequence[_Seen]) -> tuple[list[_Seen], list[int]]:
    """Sentences that are not among those in question, once, and their rows; the others count."""
    known, fresh, positions = {one.text: one for one in seen}, [], []
    labels = block.labels or [None] * len(block.texts)
    for position, (text, label) in enumerate(zip(block.texts, labels, strict=True)):
        if text in known:
            known[text].count += 1
        else:
            known[text] = _Seen(text, label)
            fresh.append(known[text])
            positions.append(position)
    return fresh, positions


def _merge(
    far: Float[Tensor, "queries best"],
    rows: Int[Tensor, "queries best"],
    apart: Float[Tensor, "queries fresh"],
    first: int,
    k: int,
) -> tuple[Float[Tensor, "queries kept"], Int[Tensor, "queries kept"]]:
    """The best of what was in question and of the fresh ones, whose numbers begin at ``first``."""
    best = rows.shape[1]
    far, at = torch.cat([far, apart], 1).topk(min(k, best + apart.shape[1]), largest=False)
    fresh = at >= best
    old = torch.cat([rows, rows.new_zeros(len(rows), 1)], 1).gather(1, at.clamp_max(best))
    return far, torch.where(fresh, at - best + first, old)


def _prepared(z: Float[Tensor, "n dim"], metric: Metric) -> Float[Tensor, "n dim"]:
    """In double precision, and for cosines of length 1."""
    return torch.nn.functional.normalize(z.double()) if metric == "cosine" else z.double()


def _distances(
    a: Float[Tensor, "n dim"], b: Float[Tensor, "m dim"], metric: Metric
) -> Float[Tensor, "n m"]:
    """All distances between two sets of prepared vectors."""
    if metric == "cosine":
        return (1 - a @ b.T).clamp_min(0.0)
    squared = a.square().sum(1, keepdim=True) + b.square().sum(1) - 2 * a @ b.T
    return squared.clamp_min(0.0).sqrt()
