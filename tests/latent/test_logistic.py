"""Logistic regression: the optimum, by its gradient."""

import pytest
import torch

from swae_text.latent.logistic import WEIGHT_DECAY, logistic_regression


@pytest.mark.parametrize("classes", [2, 3])
def test_the_fit_is_the_optimum(classes):
    torch.manual_seed(0)
    labels = torch.arange(600) % classes
    z = torch.randn(600, 8)
    z[:, 0] += labels
    weight, bias = (part.requires_grad_() for part in logistic_regression(z, labels))
    nats = torch.nn.functional.cross_entropy(z @ weight.T + bias, labels)
    (nats + 0.5 * WEIGHT_DECAY * weight.square().sum()).backward()
    assert weight.grad.abs().max() < 1e-3 and bias.grad.abs().max() < 1e-3


def test_inference_mode_does_not_matter():
    z, labels = torch.randn(40, 3), torch.arange(40) % 2
    with torch.inference_mode():
        inside = logistic_regression(z, labels)
    assert all(map(torch.equal, inside, logistic_regression(z, labels)))
