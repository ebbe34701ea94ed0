"""Noise in the latent space: how far a code may be believed that no sentence has.

    z' = μ + √(1 - s²) (z - μ) + sε,   ε of the prior about μ,   s = σ / σ_max      ĉ = D(z') + σε'

A decoder that has only seen codes of sentences, and noise about these, believes a code of stage
two as it believes any other. Here ``z`` is mixed with a draw of the prior, which leaves it as
likely as one, and carried back: the more code noise σ there is, which the length of the code tells,
the less ``D(z')`` says of the sentence, until at σ_max it says nothing. So the decoder learns what
to make of ``D(z)`` for ``z`` of the prior. Mixing that keeps the variance is from diffusion models
(Ho et al., 2020, eq. 4), where no map comes before it.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from swae_text.models.code_model import CodeModel


@torch.no_grad()
def latent_noised(
    code: Float[Tensor, "batch code"],
    share: Float[Tensor, "batch 1"],
    stage_two: CodeModel,
    generator: torch.Generator,
) -> Float[Tensor, "batch code"]:
    """Codes whose latents are mixed with draws of the prior; without gradients.

    Args:
        code: of the length √C, of sentences.
        share: s of each row: 0 leaves the latent as it is, 1 leaves nothing of it.
        stage_two: the map to latents and back, and the prior of these.
        generator: source of the draws.

    Returns:
        Codes of the length √C.
    """
    kept = (1 - share.square()).sqrt()
    z = stage_two.prior.mixed(stage_two.encode(code.float()), kept, generator=generator)
    return functional.rms_norm(stage_two.decode(z), (code.shape[1],))
