import math

import pytest

from swae_text.errors import CorpusError
from swae_text.metrics.reconstruction import reconstruction

TEXTS = ["the food was great .", "i will not come back , ever ."]


def test_the_input_itself_is_the_ceiling():
    score = reconstruction(TEXTS, TEXTS)
    assert score.bleu == pytest.approx(100)
    assert (score.exact_match, score.n) == (1.0, 2)


def test_agrees_with_bleu_by_hand():
    # 1- to 4-grams: 4/5, 2/4, 1/3, 0/2 → smoothed (exp) to 1/4; no brevity penalty
    score = reconstruction(["a b c d e"], ["a b c x e"])
    expected = 100 * math.exp(sum(map(math.log, (4 / 5, 2 / 4, 1 / 3, 1 / 4))) / 4)
    assert score.bleu == pytest.approx(expected)
    assert score.exact_match == 0.0


def test_signature_says_that_tokens_are_taken_as_they_stand():
    score = reconstruction(TEXTS, TEXTS)
    assert "tok:none" in score.signature
    assert score.signature in score.format()
    assert score.to_dict().keys() == {"bleu", "signature", "exact_match", "n"}


def test_empty_hypotheses_score_zero():
    assert reconstruction(TEXTS, ["", ""]).bleu == 0.0


@pytest.mark.parametrize(("references", "hypotheses"), [([], []), (["a"], [])])
def test_what_cannot_be_compared_is_refused(references, hypotheses):
    with pytest.raises(CorpusError):
        reconstruction(references, hypotheses)
