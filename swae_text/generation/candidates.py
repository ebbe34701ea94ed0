"""Several sentences for one vector: what a beam finds, by likelihood or by a round trip.

    x̂ = argmin over x in beam(ĉ)   |E(x) - z|

The decoder's own favourite need not be the sentence whose vector is nearest to the one wanted.
Encoding what the beam has found and keeping the nearest asks the encoder for a second opinion.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.corpora.tokenizer import Tokenizer
from swae_text.generation.beam import beam_search
from swae_text.generation.constraints import FREE, Constraints
from swae_text.generation.decoding import Decoding
from swae_text.models.autoencoder import SentenceAutoencoder


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that a beam search has found for a vector."""

    text: str
    """The sentence."""
    log_prob: float
    """Nats of it, its end included; at most 0."""
    score: float
    """The same, normalised for length."""
    distance: float | None = None
    """From the vector wanted to that of this sentence; None where it was not encoded."""


def likeliest(
    model: SentenceAutoencoder,
    tokenizer: Tokenizer,
    codes: Float[Tensor, "n code"],
    decoding: Decoding,
    constraints: Constraints = FREE,
) -> list[list[Candidate]]:
    """All that the beams find for each code, the likeliest first."""
    beams, penalty = decoding.beams, decoding.length_penalty
    found = beam_search(
        model,
        codes,
        beams=beams,
        n_best=beams,
        length_penalty=penalty,
        guidance=decoding.guidance,
        constraints=constraints,
    )
    texts = iter(tokenizer.decode([made.tokens for row in found for made in row]))
    return [[Candidate(next(texts), made.log_prob, made.score) for made in row] for row in found]


def nearest(
    found: Sequence[Sequence[Candidate]],
    z: Float[Tensor, "n dim"],
    fits: Sequence[bool],
    encode: Callable[[list[str]], Tensor],
) -> list[list[Candidate]]:
    """The same, the nearest first; what is too long to be read comes last.

    Args:
        found: candidates for each vector.
        z: the vectors wanted.
        fits: whether the encoder can read each of the candidates, all of them in one row.
        encode: sentences to vectors of the same space.
    """
    flat = [(row, candidate) for row, part in enumerate(found) for candidate in part]
    read = [pair for pair, short in zip(flat, fits, strict=True) if short]
    owners = torch.tensor([row for row, _ in read], dtype=torch.long, device=z.device)
    own = encode([candidate.text for _, candidate in read])
    distances = iter((own - z[owners]).norm(dim=1).tolist())
    sorted_by: list[list[Candidate]] = [[] for _ in found]
    for (row, candidate), short in zip(flat, fits, strict=True):
        sorted_by[row].append(replace(candidate, distance=next(distances) if short else None))
    return [sorted(row, key=_far) for row in sorted_by]


def _far(candidate: Candidate) -> float:
    return float("inf") if candidate.distance is None else candidate.distance
