import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from swae_text.errors import CorpusError
from swae_text.metrics.reconstruction import reconstruction, word_edits

TEXTS = ["the food was great .", "i will not come back , ever ."]
SENTENCES = st.lists(st.sampled_from("abcd"), max_size=7).map(" ".join)


def test_the_input_itself_is_the_ceiling():
    score = reconstruction(TEXTS, TEXTS)
    assert score.bleu == score.sentence_bleu == pytest.approx(100)
    assert (score.exact_match, score.edit_distance, score.n) == (1.0, 0.0, 2)


def test_agrees_with_bleu_by_hand():
    # 1- to 4-grams: 4/5, 2/4, 1/3, 0/2 → smoothed (exp) to 1/4; no brevity penalty
    score = reconstruction(["a b c d e"], ["a b c x e"])
    expected = 100 * math.exp(sum(map(math.log, (4 / 5, 2 / 4, 1 / 3, 1 / 4))) / 4)
    assert score.bleu == score.sentence_bleu == pytest.approx(expected)
    assert score.exact_match == 0.0


def test_sentence_bleu_is_the_mean_of_sentences():
    came_back = ["the food was cold .", "i will come back ."]
    each = [
        sentence_bleu([a.split()], b.split(), smoothing_function=SmoothingFunction().method3)
        for a, b in zip(TEXTS, came_back, strict=True)
    ]
    score = reconstruction(TEXTS, came_back)
    assert score.sentence_bleu == pytest.approx(50 * sum(each))
    assert score.sentence_bleu != pytest.approx(score.bleu, abs=1)  # two protocols, two numbers


def test_a_sentence_too_short_for_four_words_can_be_perfect():
    assert reconstruction(["great !"], ["great !"]).sentence_bleu == pytest.approx(100)


def test_edits_are_pooled_over_the_words_of_the_references():
    score = reconstruction(["a b c", "d"], ["a x c d", "d"])  # one substituted, one inserted
    assert score.edit_distance == 2 / 4
    assert reconstruction(["a b"], [""]).edit_distance == 1.0
    assert reconstruction([""], ["a b"]).edit_distance == 2.0
    assert reconstruction([""], [""]).edit_distance == 0.0


@settings(deadline=None)
@given(SENTENCES, SENTENCES, SENTENCES)
def test_word_edits_are_a_distance(a, b, c):
    assert word_edits(a, b) == word_edits(b, a)
    assert (word_edits(a, b) == 0) == (a == b)
    assert word_edits(a, c) <= word_edits(a, b) + word_edits(b, c)


@settings(deadline=None)
@given(st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=5))
def test_ranges_hold_and_nothing_is_dropped(pairs):
    references, hypotheses = (list(side) for side in zip(*pairs, strict=True))
    score = reconstruction(references, hypotheses)
    assert 0 <= score.bleu <= 100 + 1e-9
    assert 0 <= score.sentence_bleu <= 100 + 1e-9
    assert score.edit_distance >= 0
    assert (score.edit_distance == 0) == (score.exact_match == 1)
    assert score.n == len(pairs)


def test_trap_an_unknown_word_is_no_hit():
    """Against a reference rebuilt from ids, both sides would hold the same unknown word."""
    score = reconstruction(["the sommelier was great ."], ["the ⁇ was great ."])
    assert score.bleu < 100
    assert (score.exact_match, score.edit_distance) == (0.0, 1 / 5)


@pytest.mark.parametrize("length", [5, 20, 40])
def test_trap_truncation_costs_bleu(length):
    """The score is against the whole text, however long: there is no limit at which it is cut."""
    words = [f"w{i}" for i in range(60)]
    score = reconstruction([" ".join(words)], [" ".join(words[:length])])
    assert score.bleu == pytest.approx(100 * math.exp(1 - 60 / length))  # the brevity penalty
    assert score.edit_distance == pytest.approx(1 - length / 60)


def test_trap_every_pair_counts():
    """Not only whole batches: one bad pair in 257 is seen wherever it stands."""
    texts = ["the food was great ."] * 257
    scores = [
        reconstruction(texts, [*texts[:at], "no", *texts[at + 1 :]]).bleu for at in (0, 128, 256)
    ]
    assert scores[0] == scores[1] == scores[2] < 100


def test_signatures_say_what_was_done():
    score = reconstruction(TEXTS, TEXTS)
    assert "tok:none" in score.signature
    assert "smooth:exp" in score.signature
    assert "eff:no" in score.signature
    assert "eff:yes" in score.sentence_signature
    assert score.signature in score.format()
    assert json.loads(json.dumps(score.to_dict())).keys() == {
        *("bleu", "signature", "sentence_bleu", "sentence_signature"),
        *("edit_distance", "exact_match", "n"),
    }


def test_empty_hypotheses_score_zero():
    score = reconstruction(TEXTS, ["", ""])
    assert score.bleu == score.sentence_bleu == 0.0


@pytest.mark.parametrize(("references", "hypotheses"), [([], []), (["a"], [])])
def test_what_cannot_be_compared_is_refused(references, hypotheses):
    with pytest.raises(CorpusError):
        reconstruction(references, hypotheses)
