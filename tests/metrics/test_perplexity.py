import math

import numpy as np
import pytest

from swae_text.errors import CorpusError
from swae_text.metrics.perplexity import perplexity


@pytest.mark.parametrize(
    ("sentences", "words"),
    [(["a b c"], 4), (["a b", "c"], 5), ([""], 1), (["", "a"], 3), ([" a  b "], 3)],
)
def test_every_word_and_every_end_of_sentence_counts_once(sentences, words):
    log_probs = np.full(len(sentences), -math.log(8))
    score = perplexity(log_probs, sentences, 0, "lm")
    assert (score.words, score.n) == (words, len(sentences))
    assert score.value == pytest.approx(8 ** (len(sentences) / words))
    assert score.nats == pytest.approx(math.log(score.value))


def test_it_is_the_mean_over_words_and_not_over_sentences():
    # ½ for the end of "", and ¼ for each of the four of "a b c"
    score = perplexity(np.log([1 / 2, 1 / 4**4]), ["", "a b c"], 0, "lm")
    assert score.value == pytest.approx(2 ** (9 / 5))


def test_a_score_carries_its_evidence():
    score = perplexity(np.array([-1.0]), ["a b"], 1, "kn5|vocab:3")
    assert score.lm in score.format()
    assert "1 unknown" in score.format()
    assert score.to_dict().keys() == {"value", "nats", "words", "unknown", "n", "lm"}


@pytest.mark.parametrize(("log_probs", "sentences"), [([], []), ([-1.0], []), ([-1.0], ["a", "b"])])
def test_what_cannot_be_scored_is_refused(log_probs, sentences):
    with pytest.raises(CorpusError):
        perplexity(np.array(log_probs, np.float64), sentences, 0, "lm")
