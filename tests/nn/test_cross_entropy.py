"""The fused output layer against the two operations that it stands for."""

import pytest
import torch
from torch.nn import functional

from swae_text.nn import cross_entropy
from swae_text.nn.cross_entropy import linear_cross_entropy


def plain(states, table, bias, targets):
    return functional.cross_entropy(functional.linear(states, table, bias).float(), targets)


def with_gradients(loss, targets, *weights):
    weights = [weight.clone().requires_grad_() for weight in weights]
    value = loss(*weights, targets)
    (3 * value).backward()
    return [value, *(weight.grad for weight in weights)]


@pytest.mark.parametrize("at_once", [1, 64, 1 << 20])
@pytest.mark.parametrize(("low", "tolerance"), [(None, 1e-5), (torch.bfloat16, 2e-2)])
def test_value_and_gradients_are_those_of_both_operations(monkeypatch, at_once, low, tolerance):
    monkeypatch.setattr(cross_entropy, "_NUMBERS", at_once)
    drawn = torch.Generator().manual_seed(0)
    weights = [torch.randn(size, generator=drawn) for size in ((21, 8), (30, 8), (30,))]
    targets = torch.randint(0, 30, (21,), generator=drawn)
    with torch.autocast("cpu", low or torch.bfloat16, enabled=low is not None):
        found = with_gradients(linear_cross_entropy, targets, *weights)
    for ours, theirs in zip(found, with_gradients(plain, targets, *weights), strict=True):
        assert ours.dtype == theirs.dtype
        assert (ours - theirs).norm() <= tolerance * theirs.norm()


def test_large_scores_do_not_overflow():
    states, table = torch.full((2, 1), 1e3), torch.tensor([[1.0], [-1.0]])
    loss = linear_cross_entropy(states, table, torch.zeros(2), torch.tensor([0, 1]))
    assert loss.item() == pytest.approx(1e3)
