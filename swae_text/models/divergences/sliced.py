"""Squared sliced Wasserstein-2 distance, by sorting random projections.

    SW₂²(Q, P) = E_θ W₂²(θᵀz, θᵀp),    W₂² of two lines of n points = 1/n Σᵢ (x₍ᵢ₎ - y₍ᵢ₎)²

Kolouri et al. (2019, "Sliced Wasserstein Auto-Encoders"); Bonneel et al. (2015). A shift of Q by δ
gives |δ|² / latent_dim. Biased upwards: it is positive for two finite samples of one distribution.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.errors import TrainingError
from swae_text.models.divergences.base import Divergence


class SlicedWasserstein(Divergence):
    """Squared sliced W2 over fresh random directions at every call; 0 or more."""

    def __init__(self, projections: int) -> None:
        super().__init__()
        self.projections = projections

    def estimate(
        self,
        z: Float[Tensor, "batch latent"],
        prior_z: Float[Tensor, "samples latent"],
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Estimate SW₂² over directions drawn from ``generator``."""
        directions = random_directions(self.projections, z.shape[1], generator)
        return sliced_wasserstein(z, prior_z, directions.to(z))


def sliced_wasserstein(
    z: Float[Tensor, "batch latent"],
    prior_z: Float[Tensor, "samples latent"],
    directions: Float[Tensor, "projections latent"],
) -> Float[Tensor, ""]:
    """Mean of W₂² over the given unit directions.

    Raises:
        TrainingError: the two samples differ in size, so sorting does not pair them.
    """
    if len(z) != len(prior_z):
        raise TrainingError(
            f"sliced Wasserstein pairs {len(z)} codes with {len(prior_z)} prior samples: "
            "draw as many samples as codes"
        )
    # one contiguous row a direction, so that sorting runs along memory
    ordered = (directions @ z.T).sort(dim=1).values
    target = (directions @ prior_z.T).sort(dim=1).values
    return (ordered - target).square().mean()


def random_directions(
    count: int, dim: int, generator: torch.Generator | None = None
) -> Float[Tensor, "count dim"]:
    """Draw unit vectors, uniform on the sphere (on the generator's device)."""
    device = generator.device if generator is not None else None
    directions = torch.randn(count, dim, generator=generator, device=device)
    return torch.nn.functional.normalize(directions, dim=1)
