import math

import pytest
import torch
from pytest import mark
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from swae_text.config import GaussianPriorConfig, MixturePriorConfig
from swae_text.errors import ConfigError
from swae_text.models.mixture import build_prior
from swae_text.models.priors import GaussianPrior, MixturePrior, Prior


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@mark.parametrize("prior", [GaussianPrior(4), MixturePrior(4, 5, 3.0), MixturePrior(3, 1, 2.0)])
def test_log_prob_is_that_of_torch_distributions(prior: Prior):
    k = len(prior.means)
    reference = MixtureSameFamily(
        Categorical(torch.ones(k)), Independent(Normal(prior.means, torch.ones(k, prior.dim)), 1)
    )
    z = 3 * torch.randn(20, prior.dim, generator=rng())
    torch.testing.assert_close(prior.log_prob(z), reference.log_prob(z))


@mark.parametrize(("dim", "components"), [(1, 2), (4, 5), (8, 3)])
def test_means_are_separation_apart_and_centred(dim: int, components: int):
    means = MixturePrior(dim, components, 2.5).means
    distances = torch.pdist(means)
    torch.testing.assert_close(distances, torch.full_like(distances, 2.5))
    torch.testing.assert_close(means.mean(0), torch.zeros(dim))


@mark.parametrize("prior", [GaussianPrior(6), MixturePrior(6, 4, 3.0)])
def test_spread_is_the_mean_squared_distance_of_samples(prior: Prior):
    a, b = prior.sample(20_000, generator=rng(1)), prior.sample(20_000, generator=rng(2))
    squared = (a - b).square().sum(1)
    error = squared.std() / math.sqrt(len(squared))
    assert abs(squared.mean() - prior.spread) < 4 * error


def test_labels_choose_the_component_and_unknown_ones_any():
    prior = build_prior(MixturePriorConfig(separation=20.0), dim=4, labels=3)
    labels = torch.tensor([0, 1, 2] * 20 + [-1] * 60)
    z = prior.sample(120, generator=rng(), labels=labels)
    nearest = torch.cdist(z, prior.means).argmin(1)
    assert torch.equal(nearest[:60], labels[:60])
    assert set(nearest[60:].tolist()) == {0, 1, 2}


def test_samples_follow_the_generator():
    prior = MixturePrior(4, 3, 3.0)
    assert torch.equal(prior.sample(9, generator=rng(3)), prior.sample(9, generator=rng(3)))
    assert not torch.equal(prior.sample(9, generator=rng(3)), prior.sample(9, generator=rng(4)))


@mark.parametrize("prior", [GaussianPrior(5), MixturePrior(5, 3, 40.0)])
def test_a_deviation_is_about_the_components_own_mean(prior: Prior):
    drawn, wider = (prior.sample(60, generator=rng(), deviation=d) for d in (1.0, 1.5))
    nearest = prior.means[torch.cdist(drawn, prior.means).argmin(1)]
    torch.testing.assert_close(wider - nearest, 1.5 * (drawn - nearest))


@mark.parametrize("prior", [GaussianPrior(4), MixturePrior(4, 2, 8.0)])
def test_mixed_draws_are_draws_that_keep_a_part(prior: Prior):
    z = prior.sample(20_000, generator=rng(1))
    kept = torch.full((len(z), 1), 0.6)
    mixed = prior.mixed(z, kept, generator=rng(2))
    torch.testing.assert_close(mixed.mean(0), z.mean(0), atol=0.06, rtol=0)
    torch.testing.assert_close(mixed.T.cov(), z.T.cov(), atol=0.2, rtol=0)
    about = prior.means[torch.cdist(z, prior.means).argmin(1)]
    left = ((z - about) * (mixed - about)).mean()  # of variances 1
    torch.testing.assert_close(left, torch.tensor(0.6), atol=0.02, rtol=0)
    torch.testing.assert_close(prior.mixed(z, torch.ones_like(kept), generator=rng()), z)


def test_what_cannot_be_is_refused():
    labels = torch.tensor([0])
    with pytest.raises(ConfigError, match="6 components cannot be"):
        build_prior(MixturePriorConfig(components=6), dim=4, labels=0)
    with pytest.raises(ConfigError, match="components is not set"):
        build_prior(MixturePriorConfig(), dim=4, labels=0)
    for unbound in (
        build_prior(GaussianPriorConfig(), dim=4, labels=2),
        build_prior(MixturePriorConfig(components=3), dim=4, labels=2),
    ):
        with pytest.raises(ConfigError, match="no component for each label"):
            unbound.sample(1, generator=rng(), labels=labels)
    with pytest.raises(ConfigError, match="label 2"):
        build_prior(MixturePriorConfig(), dim=4, labels=2).sample(
            1, generator=rng(), labels=labels + 2
        )
