"""Noise in the latent space: how far a code may be believed that no sentence has.

    z' = μ + ((z - μ) + σε) / √(1 + σ²),   ε of the prior about μ        ĉ = √(1 + σ²) · D(z')

A decoder that has only seen codes of sentences, and noise about these, believes a code of stage
two as it believes any other. Here ``z`` is mixed with a draw of the prior, which leaves it a draw
of the prior, and carried back: at every ``σ`` the decoder learns what is likely to be said near
``D(z')``, and so what to make of ``D(z)`` for ``z`` of the prior. As with noise on the code itself
(of as many deviations, and so as much of ``c`` in it) the length of the code tells the decoder σ.
Corruption in diffusion models goes the same way (Ho et al., 2020), there without a map before it.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from swae_text.models.code_model import CodeModel


@torch.no_grad()
def latent_noised(
    code: Float[Tensor, "batch code"],
    most: float,
    stage_two: CodeModel,
    generator: torch.Generator,
) -> Float[Tensor, "batch code"]:
    """Codes under noise that keeps to where stage two has codes; without gradients.

    Args:
        code: of the length √C, of sentences.
        most: largest σ; each row has one of its own, uniform from 0.
        stage_two: the map to latents and back, and the prior of these.
        generator: source of the noise.

    Returns:
        Codes of the length √(1 + σ²) √C.
    """
    level = most * torch.rand(len(code), 1, generator=generator, device=code.device)
    kept = (1 + level.square()).rsqrt()
    z = stage_two.prior.mixed(stage_two.encode(code.float()), kept, generator=generator)
    return functional.rms_norm(stage_two.decode(z), (code.shape[1],)) / kept
