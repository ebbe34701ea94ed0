"""The fitted mixture: likelihood rises, moments return, density is a density."""

import pytest
import torch

from swae_text.errors import ConfigError
from swae_text.models.mixture import FittedMixture


def clouds(n: int = 3000) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    centres = torch.tensor([[6.0, 0.0], [-6.0, 0.0], [0.0, 9.0]])
    return centres[torch.randint(3, (n,), generator=random)] + torch.randn(n, 2, generator=random)


def test_it_finds_the_clouds():
    model = FittedMixture(2, components=3, iterations=15)
    model.fit(clouds())
    found = model.means[model.means[:, 0].argsort()]
    expected = torch.tensor([[-6.0, 0.0], [0.0, 9.0], [6.0, 0.0]])
    torch.testing.assert_close(found, expected, atol=0.2, rtol=0)
    torch.testing.assert_close(model.log_weights.exp().sum(), torch.tensor(1.0))


def test_more_rounds_never_fit_worse():
    points, scores = clouds(), []
    for iterations in (1, 2, 5, 20):
        model = FittedMixture(2, components=4, iterations=iterations)
        model.fit(points)
        scores.append(float(model.log_prob(points).mean()))
    assert scores == sorted(scores)


def test_its_samples_are_like_what_it_was_fitted_to():
    model, points = FittedMixture(2, components=3, iterations=15), clouds()
    model.fit(points)
    drawn = model.sample(20_000, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(drawn.mean(0), points.mean(0), atol=0.2, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), points.T.cov(), atol=0.6, rtol=0)


def test_a_deviation_is_about_the_components_own_mean():
    found = FittedMixture(2, components=3, iterations=15)
    found.fit(clouds())
    drawn, wider = (
        found.sample(80, generator=torch.Generator().manual_seed(1), deviation=d)
        for d in (1.0, 1.5)
    )
    nearest = found.means[torch.cdist(drawn, found.means).argmin(1)]
    torch.testing.assert_close(wider - nearest, 1.5 * (drawn - nearest))


def test_mixed_draws_keep_the_shape_of_their_component():
    wide = torch.tensor([[3.0, 2.0], [0.0, 0.5]])
    points = torch.randn(5000, 2, generator=torch.Generator().manual_seed(3)) @ wide
    found = FittedMixture(2, components=2, iterations=10)
    found.fit(torch.cat([points, points + 60]))
    mixed = found.mixed(points, torch.full((5000, 1), 0.5), generator=torch.Generator())
    torch.testing.assert_close(mixed.T.cov(), points.T.cov(), atol=0.6, rtol=0)
    torch.testing.assert_close(mixed.mean(0), points.mean(0), atol=0.3, rtol=0)
    left = torch.corrcoef(torch.stack([points[:, 0], mixed[:, 0]]))[0, 1]
    torch.testing.assert_close(left, torch.tensor(0.5), atol=0.05, rtol=0)


def test_one_component_is_the_gaussian_and_its_density_integrates_to_one():
    model, points = FittedMixture(2, components=1, iterations=3), clouds()
    model.fit(points)
    normal = torch.distributions.MultivariateNormal(points.mean(0), points.T.cov())
    torch.testing.assert_close(
        model.log_prob(points), normal.log_prob(points), atol=0.02, rtol=1e-3
    )
    axis = torch.linspace(-40, 40, 400)
    grid = torch.cartesian_prod(axis, axis)
    mass = model.log_prob(grid).exp().sum() * (axis[1] - axis[0]) ** 2
    assert float(mass) == pytest.approx(1.0, abs=1e-3)


def test_more_components_than_points_and_labels():
    model = FittedMixture(2, components=8, iterations=3)
    model.fit(clouds(4))
    assert model.sample(10, generator=torch.Generator().manual_seed(0)).isfinite().all()
    with pytest.raises(ConfigError, match="fitted mixture"):
        model.sample(2, generator=torch.Generator(), labels=torch.zeros(2, dtype=torch.long))


def test_weights_of_a_folder_may_be_any_numbers():
    model = FittedMixture(2, components=2, iterations=3)
    model.fit(clouds(90))
    model.log_weights.fill_(1000.0)
    assert model.sample(10, generator=torch.Generator().manual_seed(0)).isfinite().all()
