import json
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from sacrebleu.metrics.bleu import BLEU

from swae_text.errors import CorpusError
from swae_text.metrics.diversity import diversity, mean_dice, nearest_neighbours

REAL = ["the food was great .", "the staff was rude .", "i will be back .", "great place !"]
SENTENCES = st.lists(st.sampled_from("abcde"), max_size=7).map(" ".join)
CORPORA = st.lists(SENTENCES, min_size=1, max_size=8)


def self_bleu_by_sacrebleu(samples: list[str]) -> float:
    metric = BLEU(
        tokenize="none", smooth_method="floor", smooth_value=0.1, effective_order=True, force=True
    )
    others = [samples[:i] + samples[i + 1 :] for i in range(len(samples))]
    scores = [
        metric.sentence_score(sample, rest).score
        for sample, rest in zip(samples, others, strict=True)
    ]
    return sum(scores) / len(scores)


@settings(deadline=None)
@given(st.lists(SENTENCES, min_size=2, max_size=8))
def test_self_bleu_is_sacrebleu_against_the_others(samples):
    expected = self_bleu_by_sacrebleu(samples)
    assert diversity(samples, REAL).self_bleu == pytest.approx(expected, abs=1e-9)


def test_self_bleu_is_that_of_texygen():
    samples = ["a b c d e a", "a b c x e a b", "a b d c e"]
    scores = [
        sentence_bleu(
            [other.split() for other in samples if other != sample],
            sample.split(),
            smoothing_function=SmoothingFunction().method1,
        )
        for sample in samples
    ]
    assert diversity(samples, REAL).self_bleu == pytest.approx(100 * sum(scores) / 3)


def test_self_bleu_depends_on_the_subset_and_says_so():
    samples = [f"{a} {b} {c} {d}" for a in "xyz" for b in "xyz" for c in "xyz" for d in "xyz"]
    few, again, many = (diversity(samples, REAL, subset=size) for size in (20, 20, 60))
    assert few == again
    assert few.self_bleu < many.self_bleu
    assert "subset:20|seed:0" in few.signature
    assert "smooth:floor[0.1]" in few.signature
    assert diversity(samples, REAL, subset=20, seed=1).self_bleu != few.self_bleu


def test_distinct_by_hand_and_dependent_on_n():
    found = diversity(["a b a", "a b c"], REAL)
    assert found.distinct_1 == 3 / 6
    assert found.distinct_2 == 3 / 4  # ab, ba, bc
    assert diversity(["a b a", "a b c"] * 2, REAL).distinct_2 == 3 / 8


def test_the_reference_itself_is_at_no_distance():
    found = diversity(REAL, REAL)
    assert found.kl == pytest.approx(0, abs=1e-12)
    assert (found.skipped, found.copied, found.unique, found.empty) == (0, 1, 1, 0)
    assert (found.n, found.n_reference) == (4, 4)


def test_trap_kl_leaves_out_words_unknown_to_the_reference_and_says_how_many():
    found = diversity(["a a b x"], ["a b b b"])
    assert found.kl == pytest.approx(0.5 * math.log(0.5 / 0.25) + 0.25 * math.log(0.25 / 0.75))
    assert found.skipped == 0.25
    assert diversity(["x y"], ["a b"]).kl == 0
    assert diversity(["x y"], ["a b"]).skipped == 1


@settings(deadline=None)
@given(CORPORA, CORPORA)
def test_bounds(samples, reference):
    found = diversity(samples, reference)
    kept = 1 - found.skipped
    assert found.kl >= (kept * math.log(kept) if kept > 1e-9 else 0) - 1e-9
    words = Counter(" ".join(samples).split())
    assert -1e-9 <= found.entropy <= math.log(max(1, len(words))) + 1e-9
    assert found.mean_length == pytest.approx(words.total() / len(samples))
    shares = (found.distinct_1, found.distinct_2, found.copied, found.empty, found.unique)
    assert all(0 <= share <= 1 for share in (*shares, found.skipped))
    assert found.n == len(samples)
    json.dumps(found.to_dict())


def test_shares_of_copies_of_empty_and_of_different_samples():
    found = diversity(["great place !", "great place ?", "", ""], REAL)
    assert (found.copied, found.empty, found.unique) == (0.25, 0.5, 0.75)


def test_collapse_shows():
    found = diversity(["the food was great ."] * 50, REAL)
    assert found.self_bleu == pytest.approx(100)
    assert found.unique == 0.02
    assert diversity(["a b"], REAL).self_bleu is None


@settings(max_examples=60, deadline=None)
@given(CORPORA, CORPORA)
def test_neighbours_are_the_best_of_all(samples, reference):
    def dice(a: str, b: str) -> float:
        left, right = Counter(a.split()), Counter(b.split())
        return 2 * (left & right).total() / max(1, left.total() + right.total())

    found = nearest_neighbours(samples, reference)
    for sample, neighbour in zip(samples, found, strict=True):
        overlaps = [dice(sample, other) for other in reference]
        assert neighbour.dice == pytest.approx(max(overlaps))
        assert neighbour.index == overlaps.index(max(overlaps))
        assert neighbour.text == reference[neighbour.index]


def test_neighbours_see_repeats_and_not_order():
    near = nearest_neighbours(["was . great food the", "very very good"], [*REAL, "very good"])
    assert [neighbour.dice for neighbour in near] == [1.0, 4 / 5]
    assert mean_dice(near) == 0.9
    assert near[1].to_dict() == {"index": 4, "text": "very good", "dice": 4 / 5}


@pytest.mark.parametrize("judge", [diversity, nearest_neighbours])
@pytest.mark.parametrize(("samples", "reference"), [([], REAL), (REAL, [])])
def test_nothing_to_judge_is_refused(judge, samples, reference):
    with pytest.raises(CorpusError, match="give at least one"):
        judge(samples, reference)


def test_no_neighbours_have_no_mean():
    with pytest.raises(CorpusError):
        mean_dice([])
