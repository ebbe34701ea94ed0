import math

import numpy as np
import pytest
import torch
from pytest import mark

from swae_text.config import IMQConfig, RBFConfig
from swae_text.errors import TrainingError
from swae_text.models.divergences.mmd import MMD, squared_distances

KERNELS = [IMQConfig(), RBFConfig(), IMQConfig(scales=(1.0,))]


def reference(z: np.ndarray, p: np.ndarray, kernel: IMQConfig | RBFConfig, spread: float) -> float:
    def k(a: np.ndarray, b: np.ndarray) -> float:
        squared = ((a - b) ** 2).sum()
        widths = [scale * spread for scale in kernel.scales]
        if kernel.kind == "imq":
            return sum(c / (c + squared) for c in widths)
        return sum(math.exp(-squared / c) for c in widths)

    n, m = len(z), len(p)
    within_z = sum(k(z[i], z[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_p = sum(k(p[i], p[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_z + within_p - 2 * sum(k(a, b) for a in z for b in p) / (n * m)


@mark.parametrize("kernel", KERNELS)
def test_equals_the_loops(kernel: IMQConfig | RBFConfig):
    rng = np.random.default_rng(0)
    z, p = rng.normal(0.5, 1, (7, 3)), rng.normal(0, 1, (9, 3))
    estimate = MMD(kernel, 6.0)(torch.tensor(z), torch.tensor(p)).item()
    assert estimate == pytest.approx(reference(z, p, kernel, 6.0), abs=1e-12)


@mark.parametrize("kernel", KERNELS)
def test_is_zero_on_average_for_equal_distributions(kernel: IMQConfig | RBFConfig):
    torch.manual_seed(0)
    mmd = MMD(kernel, 16.0)
    estimates = torch.stack([mmd(torch.randn(32, 8), torch.randn(32, 8)) for _ in range(300)])
    assert abs(estimates.mean()) < 3 * estimates.std() / math.sqrt(300)
    assert estimates.min() < 0  # unbiased and not clipped


@mark.parametrize("kernel", KERNELS)
def test_grows_with_the_shift(kernel: IMQConfig | RBFConfig):
    torch.manual_seed(0)
    mmd, z, p = MMD(kernel, 16.0), torch.randn(256, 8), torch.randn(256, 8)
    values = [mmd(z + shift, p).item() for shift in (0.0, 0.5, 1.0, 2.0)]
    assert values == sorted(values)
    assert values[1] > 0.01


def test_gradient_is_right_and_finite_where_points_meet():
    z = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    p = torch.randn(5, 2, dtype=torch.float64)
    assert torch.autograd.gradcheck(MMD(IMQConfig(), 4.0), (z, p))
    same = torch.zeros(4, 2, requires_grad=True)
    MMD(IMQConfig(), 4.0)(same, same.detach()).backward()
    assert same.grad is not None and same.grad.isfinite().all()


def test_squared_distances_are_those_of_cdist():
    a, b = torch.randn(5, 3), torch.randn(4, 3)
    torch.testing.assert_close(squared_distances(a, b), torch.cdist(a, b).square())


def test_half_precision_is_estimated_in_float32():
    z, p = torch.randn(64, 16).bfloat16(), torch.randn(64, 16).bfloat16()
    mmd = MMD(IMQConfig(), 32.0)
    expected = mmd(z.float(), p.float())
    with torch.autocast("cpu", torch.bfloat16):
        estimate = mmd(z, p)
    assert estimate.dtype == torch.float32
    assert torch.equal(estimate, expected)


def test_one_point_is_refused():
    with pytest.raises(TrainingError, match="two sentences"):
        MMD(IMQConfig(), 4.0)(torch.zeros(1, 2), torch.zeros(1, 2))
