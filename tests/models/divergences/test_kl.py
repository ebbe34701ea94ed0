import math

import pytest
import torch
from pytest import mark
from torch.distributions import Normal, kl_divergence

from swae_text.config import KLConfig
from swae_text.models.divergences.kl import (
    gaussian_kl,
    kl_weight,
    monte_carlo_kl,
    posterior_sample,
)
from swae_text.models.priors import GaussianPrior


def posterior() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    mean, logvar = torch.randn(2, 5, 3, generator=generator)
    return mean, logvar


def test_closed_form_is_that_of_torch_distributions():
    mean, logvar = posterior()
    each = kl_divergence(Normal(mean, (0.5 * logvar).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(gaussian_kl(mean, logvar), each.sum(1).mean())
    assert gaussian_kl(torch.zeros(4, 2), torch.zeros(4, 2)) == 0


def test_free_bits_are_a_floor_with_no_pull_below_it():
    mean = torch.tensor([[0.1, 3.0], [-0.1, 3.0]], requires_grad=True)
    kl = gaussian_kl(mean, torch.zeros(2, 2), free_bits=0.5)
    assert kl.item() == pytest.approx(0.5 + 4.5)
    kl.backward()
    assert mean.grad is not None
    assert torch.equal(mean.grad[:, 0], torch.zeros(2)) and (mean.grad[:, 1] > 0).all()


def test_sampled_kl_agrees_with_the_closed_form():
    mean, logvar = (x.repeat(4000, 1) for x in posterior())
    generator = torch.Generator().manual_seed(1)
    z, prior = posterior_sample(mean, logvar, generator), GaussianPrior(3)
    rows = [
        monte_carlo_kl(*(x.view(50, 400, 3)[i] for x in (z, mean, logvar)), prior)
        for i in range(50)
    ]
    estimates, exact = torch.stack(rows), gaussian_kl(mean, logvar)
    assert abs(estimates.mean() - exact) < 4 * estimates.std() / math.sqrt(50)
    assert monte_carlo_kl(mean, mean, logvar, prior, free_bits=100.0).item() == 300


@mark.parametrize(
    ("cycles", "anneal", "progress", "expected"),
    [
        (1, 0.5, 0.0, 0.0),
        (1, 0.5, 0.25, 1.0),
        (1, 0.5, 0.5, 2.0),
        (1, 0.5, 0.9, 2.0),
        (4, 0.5, 0.25, 0.0),
        (4, 0.5, 0.3125, 1.0),
        (4, 0.5, 0.49, 2.0),
        (4, 1.0, 1.0, 2.0),
        (4, 0.5, 1.5, 2.0),
        (2, 0.0, 0.0, 2.0),
    ],
)
def test_schedule(cycles: int, anneal: float, progress: float, expected: float):
    config = KLConfig(weight=2.0, cycles=cycles, anneal=anneal)
    assert kl_weight(config, progress) == pytest.approx(expected)
