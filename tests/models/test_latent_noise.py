"""Noise in the latent space: its length, what it leaves of a code, and who is under it."""

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


def level(noisy: Tensor) -> Tensor:
    """σ, read from the length."""
    return (noisy.square().mean(1) - 1).clamp_min(0).sqrt()


def test_no_noise_gives_the_code_back():
    noisy = latent_noised(codes(), 0.0, stage_two(), chance())
    torch.testing.assert_close(noisy, codes(), atol=2e-2, rtol=0)


def test_its_length_says_how_little_is_left():
    c, model = codes(), stage_two()
    noisy = latent_noised(c, 3.0, model, chance())
    sigma = level(noisy)
    assert 2.9 < sigma.max().item() <= 3.0 + 1e-3
    assert sigma.mean().item() == pytest.approx(1.5, abs=0.05)  # uniform
    with torch.no_grad():
        before, after = model.encode(c), model.encode(torch.nn.functional.rms_norm(noisy, (C,)))
    for low, high in ((0.0, 0.2), (0.5, 0.7), (2.0, 3.0)):
        some = (sigma >= low) & (sigma < high)
        left = torch.corrcoef(torch.stack([before[some].flatten(), after[some].flatten()]))[0, 1]
        expected = (1 / (1 + sigma[some].square()).sqrt()).mean()
        torch.testing.assert_close(left, expected, atol=0.06, rtol=0)


def test_it_keeps_to_where_codes_are():
    noisy = latent_noised(codes(), 3.0, stage_two(), chance())
    back = torch.nn.functional.rms_norm(noisy, (C,))
    torch.testing.assert_close(back.std(0), codes().std(0), atol=0.12, rtol=0.12)


def model(**settings) -> SentenceAutoencoder:
    torch.manual_seed(0)
    size = {"kind": "transformer", "width": 32, "layers": 1, "heads": 2, "dropout": 0.2}
    tree = {"encoder": size, "decoder": size, "code_dim": C, "slots": 4, **settings}
    return SentenceAutoencoder(ModelConfig.model_validate(tree), vocab_size=60)


@pytest.mark.parametrize("kind", ["flow", "stacked_wae"])
def test_a_share_of_the_sentences_is_under_it_and_no_crossed_one(kind):
    autoencoder = model(latent_noise={"share": 0.4}, code_noise=0.0)
    crossed = torch.arange(B)[:, None] % 2 == 0
    noisy = autoencoder._disturb(codes(), chance(), 1.0, crossed, stage_two(kind))
    under = level(noisy) > 1e-2
    assert not under[crossed[:, 0]].any()
    assert under[~crossed[:, 0]].float().mean().item() == pytest.approx(0.4, abs=0.04)
    assert torch.equal(noisy[crossed[:, 0]], codes()[crossed[:, 0]])


def test_the_encoder_is_not_trained_beside_it():
    autoencoder = model(latent_noise={"share": 0.4}).train()
    tokens = torch.randint(4, 60, (30, 8), generator=chance())
    assert torch.equal(autoencoder.encode(tokens), autoencoder.encode(tokens))  # no dropout
    autoencoder.loss(tokens, generator=chance(), stage_two=stage_two()).total.backward()
    named = autoencoder.named_parameters()
    trained = {name.split(".")[0] for name, weight in named if weight.grad is not None}
    assert trained == {"decoder", "read", "output_bias"}


def test_codes_without_a_length_are_refused():
    with pytest.raises(ValueError, match="latent_noise is told by the length"):
        model(latent_noise={"share": 0.4}, normalise=False)
