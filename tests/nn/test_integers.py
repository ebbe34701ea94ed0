"""Products in 8-bit integers against those in floats."""

import pytest
import torch
from torch import nn

from swae_text.errors import ConfigError
from swae_text.nn.integers import IntegerLinear, multiply_in_integers


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return nn.Linear(256, 100)


def test_a_product_is_off_by_what_255_levels_leave(linear):
    x = torch.randn(3, 7, 256)
    exact, rough = linear(x), IntegerLinear(linear.weight, linear.bias)(x)
    assert rough.shape == exact.shape and rough.dtype == torch.float32
    assert 0 < (rough - exact).norm() < 0.02 * exact.norm()


def test_rows_of_weights_have_a_scale_each(linear):
    with torch.no_grad():
        linear.weight[0] *= 1000
        linear.weight[1] = 0
    x = torch.rand(20, 256)
    exact, rough = linear(x), IntegerLinear(linear.weight, None)(x) + linear.bias
    assert (rough - exact)[:, 2:].norm() < 0.02 * exact[:, 2:].norm()
    torch.testing.assert_close(rough[:, 1], exact[:, 1])


def test_sums_of_the_largest_numbers_are_right(linear):
    x, weight = torch.ones(5, 512), torch.ones(8, 512)
    torch.testing.assert_close(IntegerLinear(weight, None)(x), torch.full((5, 8), 512.0))


def test_every_linear_map_within_is_replaced_and_nothing_else(linear):
    net = nn.Sequential(nn.Sequential(linear, nn.SiLU()), nn.LayerNorm(100), nn.Linear(100, 2))
    x = torch.randn(4, 256)
    exact = net(x)
    multiply_in_integers(net)
    kinds = [type(part).__name__ for part in net.modules()]
    assert kinds.count("IntegerLinear") == 2 and "Linear" not in kinds and "LayerNorm" in kinds
    torch.testing.assert_close(net(x), exact, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("missing", ["qint8", "quantize_per_channel"])
def test_where_there_are_no_kernels_one_is_told_so(linear, monkeypatch, missing):
    monkeypatch.delattr(torch, missing)
    with pytest.raises(ConfigError, match=r"int8: PyTorch .* has no kernels for it here"):
        IntegerLinear(linear.weight, linear.bias)
