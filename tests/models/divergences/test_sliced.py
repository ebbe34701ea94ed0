import ot
import pytest
import torch

from swae_text.errors import TrainingError
from swae_text.models.divergences.sliced import (
    SlicedWasserstein,
    random_directions,
    sliced_wasserstein,
)


def test_equals_pot_on_the_same_projections():
    torch.manual_seed(0)
    z, p = 2 * torch.randn(40, 5) + 1, torch.randn(40, 5)
    directions = random_directions(20, 5)
    expected = ot.sliced_wasserstein_distance(z, p, projections=directions.T, p=2) ** 2
    torch.testing.assert_close(sliced_wasserstein(z, p, directions), expected)


def test_is_exact_in_one_dimension():
    torch.manual_seed(0)
    z, p = torch.randn(30, 1), 3 * torch.randn(30, 1)
    exact = ot.wasserstein_1d(z[:, 0].numpy(), p[:, 0].numpy(), p=2)  # of W2², not W2
    assert SlicedWasserstein(4)(z, p).item() == pytest.approx(float(exact), rel=1e-5)


def test_a_shift_costs_its_square_over_the_dimensions():
    torch.manual_seed(0)
    z, shift = torch.randn(50, 4), torch.tensor([2.0, 0.0, 1.0, 0.0])
    value = SlicedWasserstein(4000)(z + shift, z).item()
    assert value == pytest.approx(5 / 4, rel=0.05)


def test_order_does_not_matter_and_equal_samples_give_zero():
    z = torch.randn(30, 4)
    assert SlicedWasserstein(16)(z, z[torch.randperm(30)]).item() == pytest.approx(0, abs=1e-10)


def test_directions_follow_the_generator_and_have_length_one():
    z, p = torch.randn(20, 3), torch.randn(20, 3)
    first, second, other = (
        SlicedWasserstein(8)(z, p, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, second) and not torch.equal(first, other)
    torch.testing.assert_close(random_directions(9, 3).norm(dim=1), torch.ones(9))


def test_half_precision_is_estimated_in_float32():
    z, p = torch.randn(20, 3).bfloat16(), torch.randn(20, 3)
    with torch.autocast("cpu", torch.bfloat16):
        assert SlicedWasserstein(8)(z, p).dtype == torch.float32


def test_samples_of_two_sizes_are_refused():
    with pytest.raises(TrainingError, match="3 codes with 4"):
        SlicedWasserstein(8)(torch.zeros(3, 2), torch.zeros(4, 2))
