"""The importance-weighted bound: it tightens, and it is the ELBO with one sample."""

import numpy as np
import pytest
import torch

from swae_text.config import ModelConfig
from swae_text.corpora.tokenizer import EOS, PAD
from swae_text.errors import ConfigError
from swae_text.metrics.likelihood import importance_weighted
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.divergences import gaussian_kl

SIZE = {"kind": "transformer", "width": 16, "layers": 1, "heads": 2}


def model(**settings: object) -> SentenceAutoencoder:
    torch.manual_seed(0)
    tree = {"encoder": SIZE, "decoder": SIZE, "code_dim": 4, "slots": 2, "normalise": False}
    return SentenceAutoencoder(ModelConfig.model_validate({**tree, **settings}), 20).eval()


TOKENS = torch.tensor([[5, 6, 7, EOS], [8, EOS, PAD, PAD], [9, 9, EOS, PAD]])


def bound(autoencoder: SentenceAutoencoder, samples: int, repeats: int = 1) -> np.ndarray:
    random = torch.Generator().manual_seed(1)
    rounds = [
        importance_weighted(autoencoder, TOKENS, samples=samples, generator=random)
        for _ in range(repeats)
    ]
    return np.mean(rounds, axis=0)


def test_one_sample_is_the_elbo_and_more_are_tighter():
    vae = model(regulariser={"kind": "kl"})
    one, many = bound(vae, 1, repeats=400), bound(vae, 200, repeats=4)
    assert (many > one).all()
    with torch.no_grad():
        mean, logvar = vae.posterior(TOKENS)
        random = torch.Generator().manual_seed(2)
        noise = [torch.randn(mean.shape, generator=random) for _ in range(400)]
        said = [vae.log_likelihood(mean + (logvar / 2).exp() * e, TOKENS) for e in noise]
        elbo = torch.stack(said).mean(0) - torch.stack(
            [gaussian_kl(m[None], v[None]) for m, v in zip(mean, logvar, strict=True)]
        )
    np.testing.assert_allclose(one, elbo.numpy(), atol=0.6)


def test_the_likelihood_of_a_sentence_is_the_sum_over_its_own_tokens():
    vae, code = model(regulariser={"kind": "kl"}), torch.zeros(3, 4)
    together = vae.log_likelihood(code, TOKENS)
    alone = [vae.log_likelihood(code[:1], row[row != PAD][None]) for row in TOKENS]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-4, rtol=1e-4)
    mean = -vae.cross_entropy(code, TOKENS) * (TOKENS != PAD).sum()
    torch.testing.assert_close(together.sum(), mean)


@pytest.mark.parametrize(
    "settings",
    [
        {"regulariser": {"kind": "mmd"}},
        {"regulariser": {"kind": "adversarial", "generator": {"noise_dim": 3}}},
    ],
)
def test_what_has_no_density_is_refused(settings):
    with pytest.raises(ConfigError, match="no density"):
        bound(model(**settings), 2)
