"""Typicality against what is known in closed form, and at its edges."""

import pytest
import torch

from swae_text.latent.region import Region
from swae_text.models.mixture import FittedMixture
from swae_text.models.priors import GaussianPrior, MixturePrior, Prior

DIM = 16
PRIORS = [GaussianPrior(DIM), MixturePrior(DIM, 4, 6.0), FittedMixture(DIM, 3, 5)]


@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: prior.kind)
def test_draws_are_uniform(prior: Prior):
    if isinstance(prior, FittedMixture):
        prior.fit(torch.randn(500, DIM) * torch.linspace(0.2, 3, DIM))
    fresh = prior.sample(4000, generator=torch.Generator().manual_seed(9))
    found = Region.of(prior).typicality(fresh).sort().values
    even = (torch.arange(4000) + 0.5) / 4000
    assert (found - even).abs().max() < 0.04  # Kolmogorov and Smirnov's distance, at p < 1e-3


def test_of_a_standard_normal_it_is_the_tail_of_chi_square():
    z = torch.linspace(0.5, 7, 50)[:, None] * torch.nn.functional.normalize(torch.randn(50, DIM))
    tail = torch.special.gammaincc(torch.tensor(DIM / 2), z.square().sum(1) / 2)
    found = Region.of(GaussianPrior(DIM)).typicality(z)
    torch.testing.assert_close(found, tail, atol=0.02, rtol=0)
    assert bool((found.diff() <= 0).all())  # the farther out, the less typical


def test_both_ends_and_what_is_not_finite():
    region = Region.of(GaussianPrior(DIM))
    z = torch.stack([torch.zeros(DIM), torch.full((DIM,), 9.0), torch.full((DIM,), torch.inf)])
    assert region.typicality(z).tolist() == [1.0, 0.0, 0.0]
    assert region.typicality(z[:0]).shape == (0,)


def test_a_mixture_knows_its_components_and_not_the_middle_between_them():
    prior = MixturePrior(DIM, 2, 20.0)
    between, at_home = Region.of(prior).typicality(
        torch.stack([prior.means.mean(0), prior.means[0]])
    )
    assert between < 0.001 and at_home == 1.0


def test_the_same_seed_gives_the_same_draws_and_ties_count_half():
    prior = GaussianPrior(DIM)
    one, other = Region.of(prior, draws=100), Region.of(prior, draws=100)
    assert torch.equal(one.drawn, other.drawn)
    again = prior.sample(100, generator=torch.Generator().manual_seed(0))
    ranks = one.typicality(again).sort().values
    torch.testing.assert_close(ranks, (torch.arange(100) + 0.5) / 100)
