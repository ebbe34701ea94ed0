"""The decoder as a language model, and the best of several sentences by it.

    log p(x) = log p(x | 0)                         of a model that knows sentences without a code
             ≈ log 1/J Σ_j p(x | c_j + s ε_j)       of others: c_j of the prior, s the most noise
    likelihood:  log p(x) / words         SLOR:  (log p(x) - Σ_t log p₁(x_t)) / pieces

What the parts of a sampled code ask for may not go together, and a decoder that writes from left to
right finds out too late. Of several sentences drawn for it, the one that is likeliest a word
*without* the code is the one whose words go together. (The likeliest with it is the plainest:
docs/experiments.md.) ``model.code_dropout`` teaches a decoder to write without one, as the dropped
condition of classifier-free guidance does (Ho and Salimans, 2022). One that was trained without it
has seen codes under much noise, which tell it little.

The likeliest are also the most common. SLOR takes off what the pieces are worth alone, p₁, and so
holds no rare word against a sentence (Pauls and Klein, 2012, "Large-scale syntactic language
modeling with treelets"; Lau, Clark and Lappin, 2017, "Grammaticality, acceptability, and
probability"): the samples cover more, and read a little worse.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from swae_text.corpora.batching import by_length, pad
from swae_text.models.autoencoder import SentenceAutoencoder


def log_marginal(
    model: SentenceAutoencoder,
    sentences: Sequence[NDArray[np.int32]],
    codes: Float[Tensor, "draws code"],
    batch_size: int = 128,
) -> Float[Tensor, " sentences"]:
    """Log p(x) in nats a sentence, its end included, averaged over these codes.

    Args:
        model: stage one.
        sentences: pieces with their end.
        codes: what the decoder is shown, each for every sentence.
        batch_size: sentences at once.
    """
    found = torch.zeros(len(sentences), device=codes.device)
    for rows in by_length(sentences, batch_size):
        tokens = pad([sentences[row] for row in rows]).to(codes.device)
        each = [model.log_likelihood(code.expand(len(rows), -1), tokens) for code in codes]
        found[rows] = torch.stack(each).logsumexp(0) - np.log(len(codes))
    return found


def likelihood(nats: float, text: str) -> float:
    """Log p(x) in nats a word, its end counted.

    Args:
        nats: log p(x), at most 0.
        text: x.
    """
    return nats / (len(text.split()) + 1)


def slor(nats: float, pieces: NDArray[np.int32], alone: NDArray[np.float32]) -> float:
    """The syntactic log-odds ratio: log p(x) over that of its pieces alone, in nats a piece.

    Args:
        nats: log p(x).
        pieces: x with its end.
        alone: log p₁ of every piece.
    """
    return (nats - float(alone[pieces].sum())) / len(pieces)


def best_of(texts: Sequence[str], scores: Sequence[float], several: int) -> list[str]:
    """Of so many sentences in a row each, the one with the highest score.

    Args:
        texts: ``several`` for each code, one code after another.
        scores: of each; of what is not to be chosen, minus infinity.
        several: 1 or more.
    """
    groups = [range(start, start + several) for start in range(0, len(texts), several)]
    return [texts[max(group, key=scores.__getitem__)] for group in groups]
