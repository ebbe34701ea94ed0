"""How the operating point of a move is chosen."""

import pytest

from swae_text.evaluation.transfer import _chosen


def row(accuracy, self_bleu, n=500):
    kept = (100 * accuracy * self_bleu) ** 0.5
    return {"accuracy": accuracy, "self_bleu": self_bleu, "g_accuracy_self": kept, "n": n}


@pytest.mark.parametrize(
    ("tried", "best"),
    [
        ({0.5: row(0.75, 63), 0.7: row(0.83, 59), 0.9: row(0.92, 52)}, 0.7),
        ({0.5: row(0.81, 63), 0.7: row(0.83, 59)}, 0.7),  # 81 % of 500 may be less than 80
        ({0.5: row(0.81, 63, n=5000), 0.7: row(0.83, 59, n=5000)}, 0.5),
        ({1.0: row(0.1, 90), 3.0: row(0.42, 47), 8.0: row(0.7, 9)}, 3.0),  # none: the best G
    ],
)
def test_the_most_faithful_setting_that_moves_enough_or_the_best_of_both(tried, best):
    assert _chosen(tried) == best
