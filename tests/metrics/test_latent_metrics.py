import json
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from swae_text.errors import CorpusError
from swae_text.metrics.latent import (
    LatentReport,
    latent_report,
)


def normal(n: int, dim: int, seed: int) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def report(z: Tensor, prior: Tensor | None = None, seed: int = 0) -> LatentReport:
    prior = normal(2 * len(z), z.shape[1], 99) if prior is None else prior
    return latent_report(z, prior, generator=torch.Generator().manual_seed(seed))


def test_the_prior_itself_is_at_the_floor():
    found = report(normal(1000, 8, 0))
    assert found.warnings == ()
    assert abs(found.mmd) < 0.01
    assert abs(found.mmd_floor) < 0.01
    assert found.sliced < 2 * found.sliced_floor
    assert (found.n, found.n_prior, found.dim, found.active_units) == (1000, 2000, 8, 8)
    assert found.total_variance == pytest.approx(8, rel=0.05)
    assert found.prior_total_variance == pytest.approx(8, rel=0.05)


def test_the_floor_is_that_of_equally_many_points():
    z, prior = normal(300, 4, 0), normal(2000, 4, 1)
    assert "points:300" in report(z, prior).signature
    assert "points:100" in report(z, prior[:200]).signature
    # the bias of the sliced distance falls with the number of points, so its floor has to
    assert report(z, prior[:40]).sliced_floor > report(z, prior).sliced_floor


def test_a_shift_has_the_sliced_distance_that_theory_says():
    found = report(normal(1000, 4, 0) + 2)
    assert found.sliced == pytest.approx(4, rel=0.1)  # |δ|²/dim
    assert found.mmd > 100 * abs(found.mmd_floor)
    assert found.max_abs_mean == pytest.approx(2, rel=0.1)
    assert any("shift" in text for text in found.warnings)
    assert any("far from the prior" in text for text in found.warnings)


def test_moments_agree_with_known_distributions():
    uniform = torch.rand(5000, 3, generator=torch.Generator().manual_seed(0))
    few = normal(400, 3, 99)  # moments take every code, distances no more than half of these
    found = report(uniform, few)
    assert found.mean_excess_kurtosis == pytest.approx(-1.2, abs=0.1)
    assert found.max_std == pytest.approx(1 / math.sqrt(12), rel=0.02)
    exponential = -torch.log1p(-uniform)
    assert report(exponential, few).mean_abs_skew == pytest.approx(2, rel=0.1)


def test_correlation_agrees_with_numpy():
    z = normal(200, 5, 0) @ normal(5, 5, 1)
    expected = np.abs(np.corrcoef(z.double().T) - np.eye(5)).max()
    assert report(z).max_abs_correlation == pytest.approx(expected)
    assert report(normal(50, 1, 0)).max_abs_correlation == 0
    assert any("say the same" in text for text in report(z[:, [0, 0, 1]]).warnings)


def test_collapse_is_called_collapse():
    found = report(torch.cat([normal(500, 2, 0), 1e-3 * normal(500, 6, 1)], 1))
    assert found.active_units == 2
    assert found.warnings[0] == "collapse: only 2 of 8 dimensions are active"
    assert any("spread: 6 of 8" in text for text in found.warnings)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_equal_codes_are_called_equal(noise):
    found = report(0.1 + noise * normal(500, 8, 0))
    assert "all (nearly) the same" in found.warnings[0]
    assert found.active_units == 0
    assert all(math.isfinite(value) for value in found.to_dict().values() if type(value) is float)
    assert found.max_abs_correlation < 0.5  # rounding is not correlated


def test_report_is_made_by_the_generator_alone_and_is_plain():
    z = normal(100, 4, 0)
    assert report(z, seed=1) == report(z, seed=1)
    assert json.loads(json.dumps(report(z).to_dict()))["n"] == 100


@pytest.mark.parametrize(
    ("z", "prior"),
    [
        (normal(9, 2, 0), normal(9, 3, 0)),
        (normal(1, 2, 0), normal(9, 2, 0)),
        (normal(9, 2, 0), normal(3, 2, 0)),
        (normal(9, 2, 0) * torch.nan, normal(9, 2, 0)),
        (normal(9, 2, 0), torch.zeros(9, 2)),
        (torch.zeros(9), torch.zeros(9)),
    ],
)
def test_what_cannot_be_judged_is_refused(z, prior):
    with pytest.raises(CorpusError):
        report(z, prior)
