"""A linear probe: known separations, the guess, and the optimum."""

import math

import pytest
import torch

from swae_text.errors import CorpusError
from swae_text.metrics.probe import linear_probe


def cloud(n: int, distance: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two normals of deviation 1, ``distance`` apart on the first axis."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    z = torch.randn(n, 8, generator=random)
    z[:, 0] += distance * labels
    return z, labels


@pytest.mark.parametrize("distance", [1.0, 2.0, 3.0])
def test_two_normals_are_told_apart_as_well_as_can_be(distance):
    probe = linear_probe(*cloud(20_000, distance, 0), *cloud(20_000, distance, 1))
    best = 0.5 * (1 + math.erf(distance / 2 / math.sqrt(2)))
    assert probe.accuracy == pytest.approx(best, abs=0.01)
    assert probe.guess == 0.5 and (probe.n, probe.n_train) == (20_000, 20_000)


def test_what_is_not_on_a_line_is_not_read():
    z, _ = cloud(4000, 0.0, 0)
    labels = (z[:, 0] * z[:, 1] > 0).long()
    probe = linear_probe(z[:2000], labels[:2000], z[2000:], labels[2000:])
    assert abs(probe.accuracy - 0.5) < 0.05


def test_scale_and_place_do_not_matter_and_neither_does_inference_mode():
    (train, a), (test, b) = cloud(2000, 2.0, 0), cloud(2000, 2.0, 1)
    with torch.inference_mode():
        moved = linear_probe(100 + 30 * train, a, 100 + 30 * test, b)
    assert moved.accuracy == pytest.approx(linear_probe(train, a, test, b).accuracy, abs=2e-3)


def test_one_label_or_nothing_held_out_is_refused():
    z, labels = cloud(10, 1.0, 0)
    with pytest.raises(CorpusError, match="two labels"):
        linear_probe(z, torch.zeros_like(labels), z, labels)
    with pytest.raises(CorpusError, match="held-out"):
        linear_probe(z, labels, z[:0], labels[:0])
