import json

import pytest
import torch
from torch import Tensor

from swae_text.errors import CorpusError
from swae_text.metrics.two_sample import TwoSample, two_sample_accuracy


def told(a: Tensor, b: Tensor, seed: int = 0) -> TwoSample:
    return two_sample_accuracy(a, b, generator=torch.Generator().manual_seed(seed))


def normal(n: int, dim: int, seed: int) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def test_one_distribution_cannot_be_told_apart():
    scores = [told(normal(1000, 8, 2 * k), normal(1000, 8, 2 * k + 1), k) for k in range(6)]
    mean = sum(score.accuracy for score in scores) / 6
    assert abs(mean - 0.5) < 4 * scores[0].error / 6**0.5
    assert scores[0].n == scores[0].n_train == 1000
    assert scores[0].error == pytest.approx(0.5 / 1000**0.5)


@pytest.mark.parametrize(
    "change",
    [lambda x: x + 1, lambda x: 2 * x, lambda x: x.sign() * 0.8, lambda x: x.mean(1, True) + x],
    ids=["mean", "spread", "shape", "dependence"],
)
def test_differences_are_told(change):
    assert told(normal(1500, 8, 0), change(normal(1500, 8, 1))).accuracy > 0.6


def test_far_apart_is_certain():
    assert told(normal(400, 4, 0), normal(400, 4, 1) + 20).accuracy == 1.0


def test_is_made_by_the_generator_alone():
    a, b = normal(100, 4, 0), normal(120, 4, 1)
    assert told(a, b, 3) == told(a, b, 3)
    assert told(a, b).n == 100  # the larger cloud is thinned


def test_scale_and_a_constant_dimension_do_not_matter():
    a, b = (torch.cat([normal(500, 3, s), torch.ones(500, 1)], 1) for s in (0, 1))
    b[:, 0] += 3
    assert told(a, b).accuracy > 0.85
    assert told(1e3 * a, 1e3 * b).accuracy == pytest.approx(told(a, b).accuracy, abs=0.02)


def test_works_where_gradients_are_off():
    with torch.inference_mode():
        a, b = normal(200, 4, 0), normal(200, 4, 1) + 5
        inside = told(a, b)
    assert inside.accuracy > 0.95
    assert inside.signature in json.dumps(inside.to_dict(), ensure_ascii=False)


@pytest.mark.parametrize(
    ("a", "b"),
    [(torch.zeros(3, 2), torch.zeros(9, 2)), (torch.zeros(9, 2), torch.zeros(9, 3))],
)
def test_what_cannot_be_compared_is_refused(a, b):
    with pytest.raises(CorpusError, match="give"):
        told(a, b)
