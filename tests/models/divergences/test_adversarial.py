import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from swae_text.config import AdversarialConfig
from swae_text.models.divergences.adversarial import Adversarial

CONFIG = AdversarialConfig(hidden=16, layers=2)


def test_losses_are_the_cross_entropies_of_the_critic():
    adversarial, z, p = Adversarial(CONFIG, 3), torch.randn(6, 3), torch.randn(6, 3)
    fake, real = adversarial.critic(z), adversarial.critic(p)
    critic = cross_entropy(real, torch.ones(6, 1)) + cross_entropy(fake, torch.zeros(6, 1))
    torch.testing.assert_close(adversarial.critic_loss(z, p), critic)
    torch.testing.assert_close(adversarial(z, p), cross_entropy(fake, torch.ones(6, 1)))


def test_neither_loss_reaches_the_other_side():
    adversarial, z = Adversarial(CONFIG, 3), torch.randn(6, 3, requires_grad=True)
    adversarial(z, torch.randn(6, 3)).backward()
    assert z.grad is not None and z.grad.abs().sum() > 0
    assert all(p.grad is None for p in adversarial.parameters())
    z.grad = None
    adversarial.critic_loss(z, torch.randn(6, 3)).backward()
    assert z.grad is None
    assert all(p.grad is not None for p in adversarial.parameters())


def test_critic_learns_what_differs_and_not_what_does_not():
    torch.manual_seed(0)
    far, near = Adversarial(CONFIG, 3), Adversarial(CONFIG, 3)
    for adversarial, shift in ((far, 2.0), (near, 0.0)):
        optimiser = torch.optim.Adam(adversarial.parameters(), 5e-3, betas=(0.5, 0.999))
        for _ in range(100):
            loss = adversarial.critic_loss(torch.randn(128, 3) + shift, torch.randn(128, 3))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    z, p = torch.randn(1000, 3), torch.randn(1000, 3)
    assert far.critic_loss(z + 2, p) < 0.5 * 2 * math.log(2)
    assert near.critic_loss(z, p).item() == pytest.approx(2 * math.log(2), abs=0.1)


def test_half_precision_is_judged_in_float32():
    adversarial, z = Adversarial(CONFIG, 3), torch.randn(6, 3)
    with torch.autocast("cpu", torch.bfloat16):
        loss, critic_loss = adversarial(z.bfloat16(), z), adversarial.critic_loss(z.bfloat16(), z)
    assert loss.dtype == critic_loss.dtype == torch.float32
