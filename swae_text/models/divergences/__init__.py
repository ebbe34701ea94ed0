"""Divergences between encoded and prior latents; stage one and stage two share them."""

from swae_text.config import AdversarialConfig, MMDConfig, RegulariserConfig, SlicedConfig
from swae_text.models.divergences.adversarial import Adversarial, HasCritic
from swae_text.models.divergences.base import Divergence
from swae_text.models.divergences.kl import (
    gaussian_kl,
    kl_weight,
    monte_carlo_kl,
    posterior_sample,
    variance_penalty,
)
from swae_text.models.divergences.mmd import MMD
from swae_text.models.divergences.sliced import SlicedWasserstein

__all__ = [
    "MMD",
    "Adversarial",
    "Divergence",
    "HasCritic",
    "SlicedWasserstein",
    "build_divergence",
    "gaussian_kl",
    "kl_weight",
    "monte_carlo_kl",
    "posterior_sample",
    "variance_penalty",
]


def build_divergence(
    config: RegulariserConfig, dim: int, spread: float | None = None
) -> Divergence | None:
    """Build the divergence for latents of ``dim`` numbers; None for ``none`` and for ``kl``.

    ``spread`` is E|p - p'|² of the prior (``Prior.spread``), the unit of kernel widths; without
    it, that of a standard normal, 2 · dim.
    """
    if isinstance(config, MMDConfig):
        return MMD(config.kernel, 2.0 * dim if spread is None else spread)
    if isinstance(config, SlicedConfig):
        return SlicedWasserstein(config.projections)
    if isinstance(config, AdversarialConfig):
        return Adversarial(config, dim)
    return None
