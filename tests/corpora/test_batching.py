import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swae_text.corpora.batching import batches, pad
from swae_text.errors import ConfigError, TrainingError

LENGTHS = np.random.default_rng(0).integers(1, 40, 5000).astype(np.int32)


def joined(cut: list[np.ndarray]) -> list[int]:
    return sorted(np.concatenate(cut).tolist())


@given(
    st.lists(st.integers(1, 30), min_size=8, max_size=200),
    st.integers(60, 500),
    st.integers(1, 4),
)
def test_ranks_share_every_sentence_once_within_the_budget(
    sizes: list[int], budget: int, world: int
) -> None:
    lengths = np.array(sizes, dtype=np.int32)
    shares = [
        batches(lengths, budget=budget, seed=1, epoch=2, rank=rank, world=world)
        for rank in range(world)
    ]
    assert len({len(share) for share in shares}) == 1
    everything = [batch for share in shares for batch in share]
    assert all(len(batch) * lengths[batch].max() <= budget for batch in everything)
    seen = joined(everything)
    assert len(set(seen)) == len(seen)
    assert seen == list(range(len(lengths))) or all(len(batch) == 1 for batch in everything)


@given(
    st.lists(st.integers(1, 30), min_size=8, max_size=200),
    st.integers(60, 500),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 5),
)
def test_other_processes_go_on_where_these_stopped(
    sizes: list[int], budget: int, before: int, after: int, steps: int
) -> None:
    lengths = np.array(sizes, dtype=np.int32)

    def dealt(start: int, world: int) -> list[list[np.ndarray]]:
        return [
            batches(lengths, budget=budget, seed=1, epoch=2, start=start, rank=rank, world=world)
            for rank in range(world)
        ]

    first, whole = dealt(0, before), len(dealt(0, 1)[0])
    steps = min(steps, whole // before - before)  # while batches are those of one process
    if steps < 0 or whole - steps * before < after:
        return
    seen = [batch for share in first for batch in share[:steps]]
    rest = [batch for share in dealt(steps * before, after) for batch in share]
    if all(len(batch) > 1 for batch in rest):
        assert joined([*seen, *rest]) == list(range(len(lengths)))


@given(st.lists(st.integers(1, 30), min_size=2, max_size=400), st.integers(3, 12))
def test_no_sentence_is_alone_where_the_budget_has_room_for_two(
    sizes: list[int], most: int
) -> None:
    lengths = np.array(sizes, dtype=np.int32)
    cut = batches(lengths, budget=most * max(sizes), seed=0, epoch=0)
    assert min(map(len, cut)) >= 2
    assert joined(cut) == list(range(len(sizes)))


def test_not_even_the_one_that_a_pool_leaves_over() -> None:
    lengths = np.full(201, 10, dtype=np.int32)  # pools of 200
    cut = batches(lengths, budget=20, seed=0, epoch=0)
    assert sorted(map(len, cut))[:2] == [1, 2]  # two a batch: an odd one has nowhere to go
    assert min(map(len, batches(lengths, budget=30, seed=0, epoch=0))) >= 2


def test_order_is_a_function_of_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        return [b.tolist() for b in batches(LENGTHS, budget=512, seed=seed, epoch=epoch)]

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1) != order(1, 0)


def test_little_padding_and_lengths_mixed_over_the_epoch() -> None:
    cut = batches(LENGTHS, budget=2048, seed=0, epoch=0)
    padded = sum(len(batch) * int(LENGTHS[batch].max()) for batch in cut)
    assert LENGTHS.sum() / padded > 0.95
    means = [LENGTHS[batch].mean() for batch in cut]
    assert abs(np.corrcoef(np.arange(len(cut)), means)[0, 1]) < 0.5


def test_a_large_corpus_is_quick() -> None:
    lengths = np.random.default_rng(0).integers(2, 40, 275_000).astype(np.int32)
    start = time.process_time()
    batches(lengths, budget=2048, seed=0, epoch=0)
    assert time.process_time() - start < 0.5


def test_refusals() -> None:
    with pytest.raises(ConfigError, match=r"batch_tokens=39 or more"):
        batches(LENGTHS, budget=30, seed=0, epoch=0)
    with pytest.raises(TrainingError, match="2 sentences are too few for 3 processes"):
        batches(LENGTHS[:2], budget=99, seed=0, epoch=0, world=3)


def test_pad() -> None:
    rows = [np.array([5, 3], dtype=np.int32), np.array([6, 7, 3], dtype=np.int32)]
    padded = pad(rows)
    assert padded.dtype == torch.int64
    assert padded.tolist() == [[5, 3, 0], [6, 7, 3]]
    assert pad([]).shape == (0, 0)
