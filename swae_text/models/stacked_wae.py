"""Stage two: a stacked Wasserstein autoencoder between the codes and an explicit prior.

    h₀ = (c - mean) / std      hᵢ = Eᵢ(hᵢ₋₁)      z = h_L      ĥ_L = z      ĥᵢ₋₁ = Dᵢ(ĥᵢ)

    min  Σᵢ |hᵢ₋₁ - ĥᵢ₋₁|² / dim  +  λ · divergence(Q_z, P_z)

"Stacked Wasserstein Autoencoder" (Xu, Keshmiri & Wang, 2019): stage one leaves its codes free (the
encoded prior), and the codes, not the sentences, are brought to the explicit prior; the WAE loss is
that of Tolstikhin et al. (2018). Each further level autoencodes the latent of the one below; only
the top one meets the prior.

Each level starts as a whitening with its inverse (``level.py``). So before the first step the model
*is* the Gaussian fitted to the codes, the baseline that stage two has to beat, and it loses nothing
when ``latent_dim`` is ``code_dim``; training bends it from there.

With ``kl`` a level on top has Gaussian posteriors and the loss is the negative ELBO in nats a code
number, under a Gaussian decoder whose variance is the batch's own best (σ-VAE, Rybkin et al., 2021;
Dai & Wipf, 2019, learn it): ½ log(mse + 0.01) + β KL / code_dim.
"""

from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from swae_text.config import KLConfig, StackedWAEConfig
from swae_text.models.code_model import CodeModel, StageTwoLoss
from swae_text.models.divergences import (
    Divergence,
    build_divergence,
    gaussian_kl,
    kl_weight,
    monte_carlo_kl,
    posterior_sample,
)
from swae_text.models.divergences.base import full_precision
from swae_text.models.level import Level
from swae_text.models.mixture import FittedMixture, build_prior
from swae_text.models.priors import GaussianPrior

_OBSERVATION_FLOOR = 0.01  # variance: a tenth of a code's deviation, the noise stage one tolerates


class StackedWAE(CodeModel):
    """Levels of autoencoders between the codes and the prior."""

    def __init__(self, config: StackedWAEConfig, code_dim: int, labels: int = 0) -> None:
        super().__init__(code_dim)
        self.config = config
        dims = [code_dim, *(level.latent_dim for level in config.levels)]
        self.latent_dim = dims[-1]
        top = len(config.levels) - 1
        variational = isinstance(config.divergence, KLConfig)
        self.levels = nn.ModuleList(
            Level(level, dim, posterior=variational and i == top)
            for i, (level, dim) in enumerate(zip(config.levels, dims[:-1], strict=True))
        )
        self.prior = build_prior(config.prior, dims[-1], labels)
        self.divergence = build_divergence(config.divergence, dims[-1], self.prior.spread)

    @torch.no_grad()
    def fit(self, codes: Float[Tensor, "n code"], labels: Int[Tensor, " n"] | None = None) -> None:
        """Standardise by the training codes, whiten every level, and fit a prior that is fitted.

        It overwrites the levels' linear paths.

        Raises:
            TrainingError: fewer than two codes, or codes that are not finite.
        """
        h = self.fit_standardisation(codes)
        for level in self._stack:
            h = level.whiten(h)
        if isinstance(self.prior, FittedMixture):
            self.prior.fit(h)

    def encode(self, c: Float[Tensor, "batch code"]) -> Float[Tensor, "batch latent"]:
        """Map codes to latents, deterministically (``kl``: to the posteriors' means)."""
        return self._climb(c)[-1][:, : self.latent_dim]

    def decode(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch code"]:
        """Map latents to codes in stage one's units."""
        return self.restore(self._descend(z)[0])

    def loss(
        self,
        c: Float[Tensor, "batch code"],
        *,
        generator: torch.Generator,
        progress: float = 1.0,
        labels: Int[Tensor, " batch"] | None = None,
    ) -> StageTwoLoss:
        """Errors of every level and the divergence of the top one from the prior."""
        heights = self._climb(c)
        mean, logvar = heights[-1][:, : self.latent_dim], heights[-1][:, self.latent_dim :]
        z = posterior_sample(mean, logvar, generator) if logvar.shape[1] else mean
        prior_z = self.sample_beside(labels, len(c), generator=generator)
        descent = self._descend(self._disturb(z, generator))
        # the target of an upper level is fixed, or the one below would shrink to please it
        errors = [_mse(heights[0], descent[0])]
        errors += [_mse(h.detach(), g) for h, g in zip(heights[1:-1], descent[1:-1], strict=True)]
        error = torch.stack(errors).sum()
        if isinstance(self.divergence, Divergence):
            divergence: Tensor = self.divergence(z, prior_z, generator=generator)
            total = error + self.config.divergence.weight * divergence
        else:
            divergence = self._kl(z, mean, logvar)
            total = self._negative_elbo(error, divergence, progress)
        return StageTwoLoss(total, errors[0], divergence, z, prior_z, self.restore(descent[0]))

    def _kl(
        self,
        z: Float[Tensor, "batch latent"],
        mean: Float[Tensor, "batch latent"],
        logvar: Float[Tensor, "batch latent"],
    ) -> Float[Tensor, ""]:
        """KL of the posteriors in nats a code: exact for the Gaussian prior, else sampled."""
        free_bits = cast(KLConfig, self.config.divergence).free_bits
        if isinstance(self.prior, GaussianPrior):
            return gaussian_kl(mean, logvar, free_bits)
        return monte_carlo_kl(z, mean, logvar, self.prior, free_bits)

    def _negative_elbo(
        self, error: Float[Tensor, ""], kl: Float[Tensor, ""], progress: float
    ) -> Float[Tensor, ""]:
        """Nats a code number, up to a constant."""
        beta = kl_weight(cast(KLConfig, self.config.divergence), progress)
        return 0.5 * (error + _OBSERVATION_FLOOR).log() + beta * kl / self.code_dim

    @property
    def _stack(self) -> list[Level]:
        return cast(list[Level], list(self.levels))

    def _climb(self, c: Float[Tensor, "batch code"]) -> list[Tensor]:
        """Heights h₀ … h_L of the way up; the last is (mean, logvar) with ``kl``."""
        heights = [self.standardise(c)]
        for level in self._stack:
            heights.append(level.encoder(heights[-1]))
        return heights

    def _descend(self, z: Float[Tensor, "batch latent"]) -> list[Tensor]:
        """Heights ĥ₀ … ĥ_L of the way down from ``z``."""
        heights = [z]
        for level in reversed(self._stack):
            heights.insert(0, level.decoder(heights[0]))
        return heights

    def _disturb(
        self, z: Float[Tensor, "batch latent"], generator: torch.Generator
    ) -> Float[Tensor, "batch latent"]:
        """Add the latent noise of training."""
        if not self.config.latent_noise:
            return z
        noise = torch.randn(z.shape, generator=generator, device=generator.device)
        return z + self.config.latent_noise * noise.to(z)


def _mse(
    target: Float[Tensor, "batch dim"], output: Float[Tensor, "batch dim"]
) -> Float[Tensor, ""]:
    """Mean squared error a number, in full precision."""
    return (full_precision(target) - full_precision(output)).square().mean()
