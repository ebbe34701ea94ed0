"""How well the space holds a sentence: three readings of what is odd about it.

    edits       lev(x, x̂) / |x|  in words,  x̂ decoded greedily from the sentence's own vector
    nats        -log p(x | ĉ) / |x|  in pieces, end of sentence included  (teacher forcing)
    typicality  of the vector under the prior (``latent/region.py``)

Edits tell what was lost; nats a piece tell it more finely, as the decoder may give a word that it
did not choose a probability of a half or of nothing; typicality tells where the vector lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from swae_text.corpora.batching import pad
from swae_text.corpora.cleaning import normalise
from swae_text.metrics.reconstruction import word_edits
from swae_text.names import SpaceName
from swae_text.space import SentenceSpace


@dataclass(frozen=True, slots=True)
class Hold:
    """What the space makes of one sentence."""

    text: str
    """What came back."""
    edits: float
    """Word edits a word between what went in, normalised, and what came back; 0 or more."""
    nats: float
    """Nats a piece of what went in; 0 or more."""
    typicality: float | None
    """In [0, 1]; None where the model has no prior."""


@torch.inference_mode()
def holds(
    space: SentenceSpace, texts: Sequence[str], *, within: SpaceName | None = None
) -> list[Hold]:
    """Judge sentences, one batch of them, by their way through a space and back.

    Raises:
        CorpusError: a sentence has more pieces than the model reads.
    """
    if not texts:
        return []
    tokens, z = space.tokenise(texts), space.encode(texts, space=within)
    came_back = space.decode(z, space=within)
    codes, batch = space.to_codes(z, within), pad(tokens).to(space.device)
    log_p = space.autoencoder.log_likelihood(codes, batch).tolist()
    nats = [-own / len(pieces) for own, pieces in zip(log_p, tokens, strict=True)]
    typical = space.typicality(z, space=within)
    shares = [None] * len(texts) if typical is None else typical.tolist()
    normal = [normalise(text, space.config.corpus) for text in texts]
    words = [max(1, len(text.split())) for text in normal]
    edits = [
        n / all_of for n, all_of in zip(map(word_edits, normal, came_back), words, strict=True)
    ]
    return [Hold(*row) for row in zip(came_back, edits, nats, shares, strict=True)]
