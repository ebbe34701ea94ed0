"""What every stage two is: a map between codes and latents, and a prior of the latents."""

from abc import abstractmethod
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.errors import TrainingError
from swae_text.models.divergences import HasCritic
from swae_text.models.divergences.base import full_precision
from swae_text.models.priors import Prior
from swae_text.names import PrecisionName


class StageTwoLoss(NamedTuple):
    """One batch's losses, and what they were computed from."""

    total: Float[Tensor, ""]
    """What is minimised."""
    reconstruction: Float[Tensor, ""]
    """Mean squared error a number, standardised codes, through all levels; 1 is the mean code.
    For a flow, of the velocity."""
    divergence: Float[Tensor, ""]
    """Divergence of the top latents from the prior, without its weight (``kl``: nats a code)."""
    z: Float[Tensor, "batch latent"]
    """Top latents, without latent noise (``kl``: a sample of the posteriors)."""
    prior_z: Float[Tensor, "samples latent"]
    """The prior samples they were compared with: what ``critic_loss`` takes."""
    reconstructed: Float[Tensor, "batch code"]
    """Codes after the way up and down, in the units of stage one."""


class CodeModel(HasCritic):
    """Codes of stage one to latents under an explicit prior, and back.

    Standardisation is inside: everything public takes and gives codes in stage one's units. Call
    ``fit`` once before training; loading weights restores it.
    """

    prior: Prior
    latent_dim: int
    mean: Tensor
    std: Tensor

    def __init__(self, code_dim: int) -> None:
        super().__init__()
        self.code_dim = code_dim
        self.register_buffer("mean", torch.zeros(code_dim))
        self.register_buffer("std", torch.ones(code_dim))

    def multiply_in(self, precision: PrecisionName) -> None:
        """Keep weights in this type where it costs little; codes and latents stay float32."""

    @abstractmethod
    def fit(self, codes: Float[Tensor, "n code"], labels: Int[Tensor, " n"] | None = None) -> None:
        """Take from the training codes what needs no gradient. Meant for a fresh model.

        ``labels`` (-1: unknown) are of use where the prior has a component for each.
        """

    @abstractmethod
    def encode(self, c: Float[Tensor, "batch code"]) -> Float[Tensor, "batch latent"]:
        """Map codes to latents, deterministically."""

    @abstractmethod
    def decode(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch code"]:
        """Map latents to codes in stage one's units."""

    @abstractmethod
    def loss(
        self,
        c: Float[Tensor, "batch code"],
        *,
        generator: torch.Generator,
        progress: float = 1.0,
        labels: Int[Tensor, " batch"] | None = None,
    ) -> StageTwoLoss:
        """Losses of a batch of codes at ``progress`` in [0, 1] of the training.

        ``labels`` (-1: unknown) choose the prior's components where it has one for each label, and
        are ignored otherwise.
        """

    def sample(
        self,
        n: int,
        *,
        generator: torch.Generator,
        labels: Int[Tensor, " n"] | None = None,
        deviation: float = 1.0,
    ) -> Float[Tensor, "n latent"]:
        """Draw latents from the prior, with ``labels`` from the components that stand for them.

        ``deviation`` multiplies the prior's own.

        Raises:
            ConfigError: labels are given and the prior has no components for them.
        """
        return self.prior.sample(n, generator=generator, labels=labels, deviation=deviation)

    def sample_beside(
        self, labels: Int[Tensor, " n"] | None, n: int, *, generator: torch.Generator
    ) -> Float[Tensor, "n latent"]:
        """Draws to set beside ``n`` codes in training: of their labels, where these have a part."""
        known = labels if self.prior.labels else None
        return self.sample(n, generator=generator, labels=known)

    def fit_standardisation(self, codes: Float[Tensor, "n code"]) -> Float[Tensor, "n code"]:
        """Take mean and deviation of the training codes; gives the standardised codes.

        Raises:
            TrainingError: fewer than two codes, or codes that are not finite.
        """
        if len(codes) < 2 or not bool(codes.isfinite().all()):
            raise TrainingError("stage two needs two finite codes or more: check stage one's run")
        codes = full_precision(codes).to(self.mean.device)
        std, mean = torch.std_mean(codes, dim=0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6, std, torch.ones_like(std)))  # constant: left alone
        return self.standardise(codes)

    def standardise(self, c: Float[Tensor, "batch code"]) -> Float[Tensor, "batch code"]:
        """Codes with mean 0 and deviation 1 in every number."""
        return (c - self.mean) / self.std

    def restore(self, h: Float[Tensor, "batch code"]) -> Float[Tensor, "batch code"]:
        """Back to stage one's units."""
        return h * self.std + self.mean
