"""Noise in the latent space: what it leaves of a code, and who is under it."""

import pytest
import torch
from torch import Tensor

from swae_text.config import FlowConfig, ModelConfig, StackedWAEConfig
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.code_model import CodeModel
from swae_text.models.latent_noise import latent_noised
from swae_text.models.stage_two import build_stage_two

B, C = 4000, 16


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def codes() -> Tensor:
    """Of the length √C, on a line and about it."""
    drawn = torch.randn(B, C, generator=chance(1)) * torch.linspace(3, 0.2, C)
    return torch.nn.functional.rms_norm(drawn, (C,))


def stage_two(kind: str = "flow") -> CodeModel:
    torch.manual_seed(0)
    config = FlowConfig(hidden=16) if kind == "flow" else StackedWAEConfig()
    model = build_stage_two(config, C).eval()
    model.fit(codes())
    return model


def shares(share: float) -> Tensor:
    return torch.full((B, 1), share)


def test_no_noise_gives_the_code_back():
    noisy = latent_noised(codes(), shares(0.0), stage_two(), chance())
    torch.testing.assert_close(noisy, codes(), atol=2e-2, rtol=0)


@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])
def test_of_the_latent_is_left_what_the_share_leaves(share: float):
    c, model = codes(), stage_two()
    noisy = latent_noised(c, shares(share), model, chance())
    with torch.no_grad():
        before, after = model.encode(c), model.encode(noisy)
    left = torch.corrcoef(torch.stack([before.flatten(), after.flatten()]))[0, 1]
    assert left.item() == pytest.approx((1 - share**2) ** 0.5, abs=0.05)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_it_keeps_to_where_codes_are(share: float):
    noisy = latent_noised(codes(), shares(share), stage_two(), chance())
    torch.testing.assert_close(noisy.std(0), codes().std(0), atol=0.12, rtol=0.12)
    torch.testing.assert_close(noisy.norm(dim=1), torch.full((B,), C**0.5))


def model(**settings) -> SentenceAutoencoder:
    torch.manual_seed(0)
    size = {"kind": "transformer", "width": 32, "layers": 1, "heads": 2, "dropout": 0.2}
    tree = {"encoder": size, "decoder": size, "code_dim": C, "slots": 4, **settings}
    return SentenceAutoencoder(ModelConfig.model_validate(tree), vocab_size=60)


@pytest.mark.parametrize("kind", ["flow", "stacked_wae"])
def test_of_a_share_nothing_is_left_under_the_most_noise_and_all_under_none(kind):
    autoencoder = model(latent_noise=0.4, code_noise=1e-3, noise_levels="uniform")
    crossed = torch.arange(B)[:, None] % 2 == 0
    noisy = autoencoder._disturb(codes(), chance(), 1.0, crossed, stage_two(kind))
    moved = (noisy - codes()).square().mean(1).sqrt()
    assert (moved[crossed[:, 0]] < 0.01).all()
    under = moved[~crossed[:, 0]]
    assert (under > 0.01).float().mean().item() == pytest.approx(0.4, abs=0.04)
    assert under.max().item() > 1.0  # two codes that know nothing of each other are √2 apart


def test_the_encoder_is_not_trained_beside_it():
    autoencoder = model(latent_noise=0.4, noise_levels="uniform").train()
    tokens = torch.randint(4, 60, (30, 8), generator=chance())
    assert torch.equal(autoencoder.encode(tokens), autoencoder.encode(tokens))  # no dropout
    autoencoder.loss(tokens, generator=chance(), stage_two=stage_two()).total.backward()
    named = autoencoder.named_parameters()
    trained = {name.split(".")[0] for name, weight in named if weight.grad is not None}
    assert trained == {"decoder", "read", "output_bias"}


@pytest.mark.parametrize(
    "wrong", [{"normalise": False}, {"noise_levels": "fixed"}, {"code_noise": 0}]
)
def test_codes_whose_length_does_not_tell_it_are_refused(wrong):
    with pytest.raises(ValueError, match="latent_noise is told by the length"):
        model(**{"latent_noise": 0.4, "noise_levels": "uniform"} | wrong)
