"""Kullback-Leibler divergence of Gaussian posteriors from a prior, and the schedule of its weight.

    KL(N(μ, σ²) || N(0, 1)) = ½ (μ² + σ² - 1 - log σ²)    a dimension, closed form
    KL(q || p) ≈ log q(z|c) - log p(z),  z ~ q            any prior, one sample

Kingma & Welling (2014); free bits, Kingma et al. (2016, appendix C.8); cyclical annealing, Fu et
al. (2019). Unlike the other divergences it compares each posterior with the prior, not the
aggregate of all, so it is functions and not a ``Divergence``.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.config import KLConfig
from swae_text.models.divergences.base import full_precision
from swae_text.models.priors import Prior


def gaussian_kl(
    mean: Float[Tensor, "batch latent"],
    logvar: Float[Tensor, "batch latent"],
    free_bits: float = 0.0,
) -> Float[Tensor, ""]:
    """KL to a standard normal in nats a sentence, at least ``free_bits`` nats a dimension.

    The floor acts on the mean over the batch: a dimension below it is not pressed further.
    """
    mean, logvar = full_precision(mean), full_precision(logvar)
    each = 0.5 * (mean.square() + logvar.exp() - 1 - logvar)
    return each.mean(0).clamp_min(free_bits).sum()


def monte_carlo_kl(
    z: Float[Tensor, "batch latent"],
    mean: Float[Tensor, "batch latent"],
    logvar: Float[Tensor, "batch latent"],
    prior: Prior,
    free_bits: float = 0.0,
) -> Float[Tensor, ""]:
    """KL to any prior in nats a sentence, from one sample ``z`` of each posterior.

    An estimate that may be negative by chance. A mixture does not fall apart into dimensions, so
    the floor is ``free_bits`` times their number, on the whole.
    """
    z, mean, logvar = full_precision(z), full_precision(mean), full_precision(logvar)
    squared = (z - mean).square() * (-logvar).exp()
    log_q = -0.5 * (squared + logvar + math.log(2 * math.pi)).sum(1)
    kl = (log_q - prior.log_prob(z)).mean()
    return kl.clamp_min(free_bits * z.shape[1]) if free_bits else kl


def variance_penalty(
    logvar: Float[Tensor, "batch latent"], penalty: Literal["kl", "l1"]
) -> Float[Tensor, ""]:
    """What keeps the variance of a stochastic encoder near 1, in nats a sentence.

    ``kl``: KL(N(μ, σ²) || N(μ, 1)) (WAE-S, Bahuleyan et al., 2019, eq. 7); ``l1``: Σ |log σ²|
    (LAAE; Rubenstein et al., 2018; Shen et al., 2020, section 5).
    """
    logvar = full_precision(logvar)
    each = logvar.abs() if penalty == "l1" else 0.5 * (logvar.exp() - 1 - logvar)
    return each.sum(1).mean()


def posterior_sample(
    mean: Float[Tensor, "batch latent"],
    logvar: Float[Tensor, "batch latent"],
    generator: torch.Generator,
) -> Float[Tensor, "batch latent"]:
    """Draw z = μ + σ ε, differentiable in μ and σ."""
    noise = torch.randn(mean.shape, generator=generator, device=generator.device)
    return mean + (0.5 * logvar).exp() * noise.to(mean)


def kl_weight(config: KLConfig, progress: float) -> float:
    """β at ``progress`` in [0, 1] of the training: in each cycle a rise from 0, then flat.

    ``anneal=0`` is a constant β; the end of training is the end of a cycle, at full weight.
    """
    if config.anneal == 0.0:
        return config.weight
    position = min(max(progress, 0.0), 1.0) * config.cycles
    within = 1.0 if position >= config.cycles else position % 1.0
    return config.weight * min(1.0, within / config.anneal)
