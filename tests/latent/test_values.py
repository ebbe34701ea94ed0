from dataclasses import replace

import pytest
import torch

from swae_text.errors import ConfigError, CorpusError
from swae_text.latent.attributes import apply, fit_attribute
from swae_text.latent.values import METHODS, fit_value


def measured(n: int = 2000) -> tuple[torch.Tensor, torch.Tensor]:
    """Correlated latents and a number that they hold, with some noise."""
    torch.manual_seed(0)
    z = torch.randn(n, 4) @ (torch.randn(4, 4) + 2 * torch.eye(4)).T
    return z, 10 + z @ torch.tensor([1.0, 0.0, -0.5, 0.0]) + 0.1 * torch.randn(n)


@pytest.mark.parametrize("method", METHODS)
def test_the_strength_to_a_value_is_read_as_that_value(method):
    z, y = measured()
    vector = fit_value(z, y, method=method)
    moved = apply(z, vector, vector.strength_to(z, 15.0))
    torch.testing.assert_close(vector.read(moved), torch.full((len(z),), 15.0))
    assert vector.cosines[method] == pytest.approx(1)
    assert 0.95 < vector.r2 < 1 and vector.n == 2000
    assert vector.mean == pytest.approx(y.mean().item())


def test_a_direction_along_which_nothing_grows_leads_to_no_target():
    z, y = measured(200)
    for vector, target in ((fit_value(z, y), 15.0), (fit_attribute(z, y > 10), "positive")):
        for direction in (-vector.direction, torch.zeros(4)):
            with pytest.raises(ConfigError, match="does not grow"):
                replace(vector, direction=direction).strength_to(z, target)


def test_ridge_agrees_with_least_squares():
    z, y = measured()
    ones = torch.cat([z, torch.ones(len(z), 1)], dim=1)
    exact = torch.linalg.lstsq(ones, y[:, None]).solution[:, 0]
    vector = fit_value(z, y, method="ridge")
    assert (vector.read(z) - ones @ exact).std() < 0.02 * y.std()


def test_all_methods_change_the_reading_by_as_much():
    z, y = measured()
    gaps = [
        vector.weight @ vector.direction
        for vector in (fit_value(z, y, method=method) for method in METHODS)
    ]
    torch.testing.assert_close(gaps[0], gaps[1])


def test_a_number_with_two_values_has_the_mean_difference():
    z, y = measured()
    high = y > 10
    torch.testing.assert_close(
        fit_value(z, high.float()).direction,
        fit_attribute(z, high).direction,
        rtol=1e-3,
        atol=1e-3,
    )


def test_noise_explains_nothing_and_a_constant_is_refused():
    z, _ = measured()
    assert fit_value(z, torch.randn(len(z))).r2 < 0.02
    with pytest.raises(CorpusError, match="'stars' is the same for all 5 sentences"):
        fit_value(z[:5], torch.ones(5), name="stars")
