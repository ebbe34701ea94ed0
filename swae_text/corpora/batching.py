"""Batches of similar length under a budget of padded tokens, in an order that can resume.

The order is a pure function of its arguments: shuffle, sort by length inside large pools, cut each
pool where ``sentences × longest`` would pass the budget, shuffle the batches, deal them out to the
processes. A run resumes by skipping the batches it has seen, on other processes too.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from swae_text.corpora.tokenizer import PAD
from swae_text.errors import ConfigError, TrainingError

_BATCHES_A_POOL = 100  # larger pools waste less padding, smaller ones mix better


def batches(
    lengths: NDArray[np.int32],
    *,
    budget: int,
    seed: int,
    epoch: int,
    start: int = 0,
    rank: int = 0,
    world: int = 1,
) -> list[np.ndarray]:
    """Index arrays (int32) of one epoch for one process.

    Every index is in exactly one batch of one rank, and all ranks have equally many batches: only
    the last ones are divided for that, the others are those of a single process. (Only where every
    batch is a single sentence may up to ``world - 1`` of them sit an epoch out.)

    Args:
        lengths: tokens of each sentence, with its end.
        budget: padded tokens a batch at most.
        seed: seed of the order.
        epoch: number of the pass over the corpus; each has its own order.
        start: batches, of the order that all processes share, that were seen before.
        rank: number of this process.
        world: number of processes.

    Raises:
        ConfigError: the longest sentence does not fit in the budget.
        TrainingError: there are fewer sentences than processes.
    """
    longest = int(lengths.max(initial=0))
    if longest > budget:
        raise ConfigError(
            f"batch_tokens={budget} is below the longest sentence ({longest} tokens): "
            f"--set training.stage_one.batch_tokens={longest} or more"
        )
    if len(lengths) < world:
        raise TrainingError(f"{len(lengths)} sentences are too few for {world} processes")
    random = np.random.default_rng([seed, epoch])
    order = np.arange(len(lengths), dtype=np.int32)  # 4 bytes a sentence, and no copy below
    random.shuffle(order)
    cut = [
        batch for pool in _pools(order, lengths, budget) for batch in _cut(pool, lengths, budget)
    ]
    shuffled = [cut[number] for number in random.permutation(len(cut))]
    return _divisible(shuffled[start:], world)[rank::world]


def pad(tokens: Sequence[NDArray[np.int32]]) -> Int[Tensor, "batch time"]:
    """Put sentences under one another, ``PAD`` on the right (int64)."""
    lengths = np.array([len(row) for row in tokens], dtype=np.int64)
    padded = np.full((len(tokens), lengths.max(initial=0)), PAD, dtype=np.int64)
    if len(tokens):
        padded[np.arange(padded.shape[1]) < lengths[:, None]] = np.concatenate(tokens)
    return torch.from_numpy(padded)


def by_length(tokens: Sequence[NDArray[np.int32]], batch_size: int) -> Iterator[list[int]]:
    """Rows in batches of similar length, so that little padding is computed."""
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def _pools(
    order: NDArray[np.int32], lengths: NDArray[np.int32], budget: int
) -> list[NDArray[np.int32]]:
    """Cut an order into pools, views of it, and sort each by length; equal ones stay shuffled."""
    size = max(1, int(_BATCHES_A_POOL * budget / max(lengths.mean(), 1)))
    starts = range(0, max(len(order) - 1, 1), size)  # one sentence is no pool of its own
    pools = [order[a:b] for a, b in zip(starts, [*starts[1:], len(order)], strict=True)]
    for pool in pools:
        pool[:] = pool[np.argsort(lengths[pool], kind="stable")]
    return pools


def _cut(
    pool: NDArray[np.int32], lengths: NDArray[np.int32], budget: int
) -> list[NDArray[np.int32]]:
    """Cut a pool sorted by length into the longest runs that fit in the budget."""
    ascending = np.maximum(lengths[pool], 1)
    cut, start = [], 0
    while start < len(pool):
        most = budget // int(ascending[start])
        run = ascending[start : start + most]
        cost = run * np.arange(1, len(run) + 1, dtype=np.int64)
        end = start + int(np.searchsorted(cost, budget, side="right"))
        cut.append(pool[start:end])
        start = end
    return _accompanied(cut, budget // max(int(ascending[-1]), 1))


def _accompanied(cut: list[NDArray[np.int32]], most: int) -> list[NDArray[np.int32]]:
    """Give a last sentence that is alone a companion: a divergence needs two (MMD's pairs)."""
    if most >= 2 and len(cut) > 1 and len(cut[-1]) == 1 and len(cut[-2]) > 2:
        *before, rest, alone = cut
        return [*before, rest[:-1], np.concatenate([rest[-1:], alone])]
    return cut


def _divisible(cut: list[NDArray[np.int32]], world: int) -> list[NDArray[np.int32]]:
    """Halve the largest of the last few batches until every process gets equally many."""
    over = len(cut) % world
    if not over:
        return cut
    few = over
    while few < len(cut) and sum(len(batch) - 1 for batch in cut[len(cut) - few :]) < world - over:
        few += world  # single sentences cannot be halved
    place = max(0, len(cut) - few)
    head, tail = cut[:place], cut[place:]
    while len(tail) % world:
        largest = max(range(len(tail)), key=lambda number: len(tail[number]))
        batch = tail.pop(largest)
        if len(batch) == 1:
            tail.append(batch)
            return [*head, *tail[: len(tail) - len(tail) % world]]
        tail += [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
    return [*head, *tail]
