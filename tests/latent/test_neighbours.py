"""The running top-k against all distances at once."""

import math
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from swae_text.errors import ConfigError
from swae_text.latent import neighbours
from swae_text.latent.neighbours import Block, nearest


def corpus(n: int, dim: int = 6, distinct: int | None = None) -> tuple[list[str], Tensor]:
    """Some sentences and their vectors; equal sentences have equal vectors."""
    own = torch.randn(distinct or n, dim)
    rows = torch.randint(len(own), (n,)) if distinct else torch.arange(n)
    return [f"sentence {row}" for row in rows.tolist()], own[rows]


def in_blocks(texts: list[str], z: Tensor, size: int) -> list[Block]:
    return [Block(texts[i : i + size], z[i : i + size]) for i in range(0, len(texts), size)]


def by_hand(query: Tensor, texts: list[str], z: Tensor, metric: str) -> list[tuple[str, float]]:
    """Every distinct sentence with its distance, the nearest first."""
    if metric == "euclidean":
        far = (z.double() - query.double()).square().sum(1).sqrt()
    else:
        far = 1 - torch.cosine_similarity(z.double(), query.double()[None])
    return sorted(dict(zip(texts, far.tolist(), strict=True)).items(), key=lambda pair: pair[1])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@given(
    seed=st.integers(0, 999),
    size=st.integers(1, 40),
    k=st.integers(1, 30),
    distinct=st.sampled_from([None, 1, 7, 20]),
)
def test_blocks_of_any_size_find_what_all_distances_say(metric, seed, size, k, distinct):
    torch.manual_seed(seed)
    texts, z = corpus(33, distinct=distinct)
    queries = torch.cat([torch.randn(2, 6), z[:1]])
    found = nearest(queries, in_blocks(texts, z, size), k=k, metric=metric)
    counts = Counter(texts)
    for query, row in zip(queries, found, strict=True):
        wanted = by_hand(query, texts, z, metric)[:k]
        assert [one.text for one in row] == [text for text, _ in wanted]
        assert [one.distance for one in row] == pytest.approx([d for _, d in wanted], abs=1e-6)
        assert all(one.count == counts[one.text] for one in row)


def test_many_queries_are_taken_a_part_at_a_time(monkeypatch):
    texts, z = corpus(50)
    queries, without = z[:20], [*texts[:10], *[None] * 10]
    whole = nearest(queries, in_blocks(texts, z, 16), k=3, without=without)
    monkeypatch.setattr(neighbours, "_AT_ONCE", 3)
    parts = nearest(queries, in_blocks(texts, z, 16), k=3, without=without)
    for row, (one, other) in enumerate(zip(whole, parts, strict=True)):
        assert [near.text for near in one] == [near.text for near in other]
        assert (one[0].text == texts[row]) == (row >= 10)


@pytest.mark.parametrize("size", [2, 5])
def test_of_ties_at_the_last_place_as_many_stay_as_are_asked_for(size):
    z = torch.eye(5)
    texts = list("abcde")
    (row,) = nearest(torch.zeros(1, 5), in_blocks(texts, z, size), k=3)
    assert len({one.text for one in row} & set(texts)) == 3
    assert [one.distance for one in row] == [1.0, 1.0, 1.0]


def test_a_sentence_comes_with_the_label_it_was_first_seen_with():
    blocks = [
        Block(["a", "b"], torch.tensor([[1.0], [3.0]]), ["good", None]),
        Block(["a", "c"], torch.tensor([[1.0], [2.0]]), ["bad", "bad"]),
    ]
    (row,) = nearest(torch.zeros(1, 1), blocks)
    assert [(one.text, one.label, one.count) for one in row] == [
        ("a", "good", 2),
        ("c", "bad", 1),
        ("b", None, 1),
    ]


def test_a_copy_far_from_zero_is_at_no_distance():
    z = 100 * torch.randn(40, 128)
    texts = [str(row) for row in range(40)]
    found = nearest(z, in_blocks(texts, z, 7), k=1)
    assert [row[0].text for row in found] == texts
    assert all(row[0].distance < 1e-4 for row in found)


def test_nothing_to_find_and_nobody_to_ask():
    texts, z = corpus(4)
    assert nearest(z, []) == [[], [], [], []]
    assert nearest(z[:0], in_blocks(texts, z, 2)) == []
    assert nearest(z[:1], [Block(["x"], z[:1])], without=["x"]) == [[]]
    (zero,) = nearest(torch.zeros(1, 6), in_blocks(texts, z, 2), metric="cosine")
    assert all(math.isclose(one.distance, 1.0) for one in zero)


def test_no_neighbour_is_none_to_ask_for():
    with pytest.raises(ConfigError, match="k=0"):
        nearest(torch.zeros(1, 2), [], k=0)
