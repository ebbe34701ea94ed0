"""Holes in the prior: who is to blame when samples read badly, the prior or the decoder?

    real codes          c = E(x), decoded: what the decoder could say if the prior were right
    real codes + noise  c + σ r ε: as far from a code as samples are (r: root mean square of c)
    prior               ĉ of z ~ p(z), decoded
    prior, twice        E(decode(ĉ)), decoded: the sentence that a sample stands nearest to

Real codes are of training sentences: the reverse models learn from what they say, and would know
the held-out sentences that they are asked for if those were decoded.

σ is measured: at cos(ĉ, E(decode(ĉ))) = 1 / √(1 + σ²) a sample is as far from the code of what it
says as a code with that much noise is from itself. Samples further away than the noise that the
decoder was trained with lie in the holes between codes (Rezende & Viola, 2018). The part takes
seconds, where the 10,000 samples of the protocol take minutes.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from swae_text.evaluation.judges import Judges
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.metrics.reconstruction import reconstruction
from swae_text.models.autoencoder import noised
from swae_text.space import SentenceSpace

_MOST = 2000  # sentences: enough to rank models


@torch.inference_mode()
def hole_rows(
    space: SentenceSpace, texts: Sequence[str], judges: Judges, config: EvaluationConfig
) -> dict[str, Any]:
    """Perplexities of four clouds of codes, and how far samples are from codes."""
    texts = texts[: min(config.samples, _MOST)]
    random = torch.Generator(space.device).manual_seed(config.seed)
    real = space.encode(judges.train_sample(len(texts), config.seed), space="code")
    made = space.to_codes(space.sample_vectors(len(texts), generator=random), None)
    said = space.decode(made, space="code")
    kept = [row for row, fits in enumerate(space.fits(said)) if fits]
    once = [said[row] for row in kept]
    again = space.encode(once, space="code")
    twice = space.decode(again, space="code")
    cosine = torch.cosine_similarity(made[kept], again).mean().item() if kept else 0.0
    distance = math.sqrt(max(1 / cosine**2 - 1, 0.0)) if cosine > 0 else None
    decoded = {
        "real codes": space.decode(real, space="code"),
        "prior": said,
        "prior, twice": twice,
    }
    if distance is not None:
        decoded["real codes + noise"] = space.decode(_noisy(real, distance, random), space="code")
    rows = [_row(name, written, texts, judges) for name, written in decoded.items() if written]
    repeated = reconstruction(once, twice).to_dict()
    return {"rows": rows, "distance": distance, "repeated": repeated, "n": len(kept)}


def _noisy(codes: Tensor, level: float, random: torch.Generator) -> Tensor:
    """Codes with Gaussian noise, its deviation in root mean squares of the codes."""
    return noised(codes, level * codes.square().mean().sqrt(), random)


def _row(name: str, said: Sequence[str], texts: Sequence[str], judges: Judges) -> dict[str, Any]:
    forward = judges.ngrams.perplexity(said).to_dict()
    reverse = judges.reverse("ngrams", said).perplexity(texts).to_dict()
    return {"name": name, "n": len(said), "forward": forward, "reverse": reverse}
