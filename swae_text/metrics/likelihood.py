"""Likelihood of sentences under a stochastic autoencoder, by importance weighting.

    log p(x) ≥ E log 1/K Σₖ p(x | cₖ) p(cₖ) / q(cₖ | x),     cₖ ~ q(c | x)

The bound of Burda et al. (2016, eq. 8); K = 1 is the ELBO, more samples are never looser on
average. It is divided by words (and one end of sentence each), not by pieces: peers that divide by
the pieces of their own tokenizer report numbers that cannot be compared.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from swae_text.errors import ConfigError
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.divergences import posterior_sample
from swae_text.models.priors import Prior


@torch.inference_mode()
def importance_weighted(
    model: SentenceAutoencoder,
    tokens: Int[Tensor, "batch time"],
    *,
    samples: int,
    generator: torch.Generator,
) -> NDArray[np.float64]:
    """Lower bound of log p(x) in nats a sentence, end of sentence included.

    Args:
        model: an autoencoder whose encoder gives distributions and whose prior has a density.
        tokens: padded sentences.
        samples: K, codes drawn for each sentence.
        generator: source of the codes.

    Raises:
        ConfigError: the encoder is deterministic, or a generator stands for the prior: no density.
    """
    mean, logvar = model.posterior(tokens)
    prior = model.prior
    if logvar is None or not isinstance(prior, Prior):
        raise ConfigError("this model has no density: its encoder is deterministic")
    weights = [_log_weight(model, prior, tokens, mean, logvar, generator) for _ in range(samples)]
    bound = torch.stack(weights).double().logsumexp(0) - math.log(samples)
    nats: NDArray[np.float64] = bound.cpu().numpy()
    return nats


def _log_weight(
    model: SentenceAutoencoder,
    prior: Prior,
    tokens: Int[Tensor, "batch time"],
    mean: Float[Tensor, "batch code"],
    logvar: Float[Tensor, "batch code"],
    generator: torch.Generator,
) -> Float[Tensor, " batch"]:
    """Log p(x | c) + log p(c) - log q(c | x) of one draw for each sentence."""
    code = posterior_sample(mean, logvar, generator)
    squared = (code - mean).square() * (-logvar).exp()
    log_q = -0.5 * (squared + logvar + math.log(2 * math.pi)).sum(1)
    return model.log_likelihood(code, tokens) + prior.log_prob(code) - log_q
