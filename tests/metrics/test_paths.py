import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swae_text.errors import CorpusError
from swae_text.metrics.paths import path_perplexity, path_smoothness

SENTENCES = st.lists(st.sampled_from("abcd"), max_size=5).map(" ".join)


def test_smoothness_by_hand():
    found = path_smoothness([["a b", "a c", "d c"], ["a b", "x y", "a c"], ["a", "b", "a"]])
    assert found.smoothness == (2 / 2 + 1 / 4) / 2
    assert found.largest_jump == (1 + 2) / 2
    assert found.distinct == (3 + 3 + 2) / 3
    assert (found.skipped, found.n) == (1, 3)


def test_no_path_that_moves_has_no_smoothness():
    found = path_smoothness([["a", "a", "a"]])
    assert (found.smoothness, found.largest_jump, found.skipped) == (None, None, 1)
    assert found.to_dict()["distinct"] == 1


@settings(deadline=None)
@given(st.lists(st.lists(SENTENCES, min_size=2, max_size=5), min_size=1, max_size=4))
def test_no_detour_is_the_best(paths):
    found = path_smoothness(paths)
    assert found.smoothness is None or 0 < found.smoothness <= 1
    assert found.n == len(paths)
    direct = path_smoothness([[path[0], path[-1]] for path in paths])
    assert direct.smoothness in (None, 1.0)


@pytest.mark.parametrize("paths", [[], [["a"]], [["a", "b"], []]])
def test_no_path_is_refused(paths):
    with pytest.raises(CorpusError):
        path_smoothness(paths)


def test_path_perplexity_is_pooled_over_words():
    log_probs = np.log([[1 / 4, 1 / 64, 1 / 4], [1 / 8, 1 / 256, 1 / 2]])
    found = path_perplexity(log_probs, [[2, 2, 2], [3, 2, 1]])
    assert found.steps == pytest.approx((2, 2**3.5, 2))
    assert found.middle_to_ends == pytest.approx(2**2.5)
    assert found.n == 2


@settings(deadline=None)
@given(st.integers(2, 7), st.integers(1, 4))
def test_an_even_path_has_the_ratio_one(steps, paths):
    words = np.arange(1, steps * paths + 1).reshape(paths, steps)
    found = path_perplexity(-3.0 * words, words)
    assert found.middle_to_ends == pytest.approx(1)
    assert found.steps == pytest.approx([math.exp(3)] * steps)


def test_of_four_steps_two_are_the_middle():
    found = path_perplexity([[-1.0, -2.0, -6.0, -1.0]], [[1, 1, 3, 1]])
    assert found.middle_to_ends == pytest.approx(math.exp(8 / 4 - 1))


@pytest.mark.parametrize(
    ("log_probs", "words"),
    [([[-1.0]], [[1]]), ([-1.0, -1.0], [1, 1]), ([[-1.0, -1.0]], [[1, 0]]), ([[-1.0] * 2], [[1]])],
)
def test_steps_without_words_are_refused(log_probs, words):
    with pytest.raises(CorpusError):
        path_perplexity(log_probs, words)
