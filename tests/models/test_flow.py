"""The flow: where it starts, that it can be undone, and that it learns what a Gaussian is not."""

import copy

import pytest
import torch
from pydantic import ValidationError

from swae_text.config import FlowConfig, MixturePriorConfig
from swae_text.models.flow import FlowMatching


def two_clouds(n: int = 4000) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    side = torch.randint(2, (n, 1), generator=random) * 2.0 - 1
    return 3 + torch.cat([4 * side, torch.zeros(n, 1)], 1) + torch.randn(n, 2, generator=random)


def fitted(**settings: int) -> tuple[FlowMatching, torch.Tensor]:
    torch.manual_seed(0)
    model, codes = FlowMatching(FlowConfig(hidden=64, blocks=2, **settings), 2), two_clouds()
    model.fit(codes)
    return model.eval(), codes


def test_it_starts_as_the_gaussian_fitted_to_the_codes():
    model, codes = fitted(evaluations=64)
    z = torch.randn(2000, 2, generator=torch.Generator().manual_seed(1))
    made = model.decode(z)
    torch.testing.assert_close(made.mean(0), codes.mean(0), atol=0.2, rtol=0)
    torch.testing.assert_close(made.T.cov(), codes.T.cov(), atol=1.0, rtol=0)
    torch.testing.assert_close(model.encode(made), z, atol=1e-3, rtol=1e-3)
    few, _ = fitted()  # as many evaluations as there are where none are named
    torch.testing.assert_close(few.decode(z), made, atol=0.02, rtol=0.01)
    assert few.evaluations < model.evaluations


def test_it_learns_two_clouds_that_a_gaussian_cannot_hold_and_stays_invertible():
    model, codes = fitted(evaluations=64)
    random = torch.Generator().manual_seed(2)
    optimiser = torch.optim.Adam(model.model_parameters(), lr=5e-3)
    model.train()
    for _ in range(1200):
        rows = torch.randint(len(codes), (256,), generator=random)
        loss = model.loss(codes[rows], generator=random)
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()
    model.eval()
    with torch.no_grad():
        made = model.decode(model.sample(2000, generator=random))
        between = ((made[:, 0] - 3).abs() < 1.5).float().mean()
        assert between < 0.06  # 0.28 of a Gaussian with these moments lies there, 0.006 of the data
        back = model.decode(model.encode(codes[:500]))
    assert (back - codes[:500]).abs().quantile(0.98) < 0.05  # steep between the clouds
    exact = model.encode(codes)
    for precision in ("int8", "bfloat16"):
        other = copy.deepcopy(model)
        other.multiply_in(precision)
        rough = other.encode(codes)
        assert rough.dtype == torch.float32 and not torch.equal(rough, exact)
        assert (rough - exact).norm() < 0.02 * exact.norm()


def test_with_a_mixture_the_labels_lie_apart_in_its_latents():
    torch.manual_seed(0)
    random = torch.Generator().manual_seed(3)
    labels = torch.randint(2, (4000,), generator=random)
    # two clouds that overlap, along neither axis, and another way apart than the prior's means
    codes = torch.randn(4000, 2, generator=random) + (2.0 * labels[:, None] - 1) * torch.tensor(
        [-0.8, 1.6]
    )
    prior = MixturePriorConfig(separation=4.0)
    model = FlowMatching(FlowConfig(hidden=64, blocks=2, prior=prior), 2, labels=2)
    model.fit(codes, labels)
    optimiser = torch.optim.Adam(model.model_parameters(), lr=5e-3)
    for _ in range(600):
        rows = torch.randint(len(codes), (256,), generator=random)
        loss = model.loss(codes[rows], generator=random, labels=labels[rows])
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()
    model.eval()
    with torch.no_grad():
        z = model.encode(codes)
        side = z[:, 0] * model.prior.means[1, 0] > 0
        assert (side == labels.bool()).float().mean() > 0.93  # 0.96 is what the codes tell
        asked = torch.arange(2).repeat(500)
        drawn = model.decode(model.sample(1000, generator=random, labels=asked))
        means = torch.stack([drawn[asked == label].mean(0) for label in (0, 1)])
    torch.testing.assert_close(means, torch.tensor([[0.8, -1.6], [-0.8, 1.6]]), atol=0.3, rtol=0)


def test_folders_of_before_say_how_many_steps_of_four_evaluations():
    assert FlowConfig.model_validate({"kind": "flow", "solver_steps": 3}).evaluations == 12
    with pytest.raises(ValidationError, match="solver_steps"):
        FlowConfig.model_validate({"kind": "flow", "solver_steps": "three"})
