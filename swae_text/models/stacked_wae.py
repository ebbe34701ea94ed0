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

from typing import NamedTuple, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from swae_text.config import KLConfig, StackedWAEConfig
from swae_text.errors import TrainingError
from swae_text.models.divergences import (
    Divergence,
    HasCritic,
    build_divergence,
    gaussian_kl,
    kl_weight,
    monte_carlo_kl,
    posterior_sample,
)
from swae_text.models.divergences.base import full_precision
from swae_text.models.level import Level
from swae_text.models.priors import GaussianPrior, build_prior

_OBSERVATION_FLOOR = 0.01  # variance: a tenth of a code's deviation, the noise stage one tolerates


class StackedLoss(NamedTuple):
    """One batch's losses, and what they were computed from."""

    total: Float[Tensor, ""]
    """What the encoder and decoder minimise."""
    reconstruction: Float[Tensor, ""]
    """Mean squared error a number, standardised codes, through all levels; 1 is the mean code."""
    divergence: Float[Tensor, ""]
    """Divergence of the top latents from the prior, without its weight (``kl``: nats a code)."""
    z: Float[Tensor, "batch latent"]
    """Top latents, without latent noise (``kl``: a sample of the posteriors)."""
    prior_z: Float[Tensor, "batch latent"]
    """The prior samples they were compared with: what ``critic_loss`` takes."""
    reconstructed: Float[Tensor, "batch code"]
    """Codes after the way up and down, in the units of stage one."""


class StackedWAE(HasCritic):
    """Codes of stage one to latents under an explicit prior, and back.

    Standardisation is inside: everything public takes and gives codes in stage one's units. Call
    ``fit_standardisation`` once before training; loading weights restores it.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: StackedWAEConfig, code_dim: int, labels: int = 0) -> None:
        super().__init__()
        self.config, self.code_dim = config, code_dim
        dims = [code_dim, *(level.latent_dim for level in config.levels)]
        top = len(config.levels) - 1
        variational = isinstance(config.divergence, KLConfig)
        self.levels = nn.ModuleList(
            Level(level, dim, posterior=variational and i == top)
            for i, (level, dim) in enumerate(zip(config.levels, dims[:-1], strict=True))
        )
        self.prior = build_prior(config.prior, dims[-1], labels)
        self.divergence = build_divergence(config.divergence, dims[-1], self.prior.spread)
        self.register_buffer("mean", torch.zeros(code_dim))
        self.register_buffer("std", torch.ones(code_dim))

    @property
    def latent_dim(self) -> int:
        """Numbers in a top latent."""
        return self.config.levels[-1].latent_dim

    @torch.no_grad()
    def fit_standardisation(self, codes: Float[Tensor, "n code"]) -> None:
        """Take mean and deviation of the training codes and start every level from whitening.

        Meant for a fresh model: it overwrites the levels' linear paths.

        Raises:
            TrainingError: fewer than two codes, or codes that are not finite.
        """
        if len(codes) < 2 or not bool(codes.isfinite().all()):
            raise TrainingError("stage two needs two finite codes or more: check stage one's run")
        codes = full_precision(codes).to(self.mean.device)
        std, mean = torch.std_mean(codes, dim=0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6, std, torch.ones_like(std)))  # constant: left alone
        h = self._standardise(codes)
        for level in self._stack:
            h = level.whiten(h)

    def encode(self, c: Float[Tensor, "batch code"]) -> Float[Tensor, "batch latent"]:
        """Map codes to latents, deterministically (``kl``: to the posteriors' means)."""
        return self._climb(c)[-1][:, : self.latent_dim]

    def decode(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch code"]:
        """Map latents to codes in stage one's units."""
        return self._restore(self._descend(z)[0])

    def sample(
        self, n: int, *, generator: torch.Generator, labels: Int[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n latent"]:
        """Draw latents from the prior, with ``labels`` from the components that stand for them.

        Raises:
            ConfigError: labels are given and the prior has no components for them.
        """
        return self.prior.sample(n, generator=generator, labels=labels)

    def loss(
        self,
        c: Float[Tensor, "batch code"],
        *,
        generator: torch.Generator,
        progress: float = 1.0,
        labels: Int[Tensor, " batch"] | None = None,
    ) -> StackedLoss:
        """Losses of a batch of codes at ``progress`` in [0, 1] of the training.

        ``labels`` (-1: unknown) choose the prior's components where it has one for each label, and
        are ignored otherwise.
        """
        heights = self._climb(c)
        mean, logvar = heights[-1][:, : self.latent_dim], heights[-1][:, self.latent_dim :]
        z = posterior_sample(mean, logvar, generator) if logvar.shape[1] else mean
        known = labels if self.prior.labels else None
        prior_z = self.sample(len(c), generator=generator, labels=known)
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
        return StackedLoss(total, errors[0], divergence, z, prior_z, self._restore(descent[0]))

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

    def _standardise(self, c: Float[Tensor, "batch code"]) -> Float[Tensor, "batch code"]:
        return (c - self.mean) / self.std

    def _restore(self, h: Float[Tensor, "batch code"]) -> Float[Tensor, "batch code"]:
        return h * self.std + self.mean

    def _climb(self, c: Float[Tensor, "batch code"]) -> list[Tensor]:
        """Heights h₀ … h_L of the way up; the last is (mean, logvar) with ``kl``."""
        heights = [self._standardise(c)]
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
