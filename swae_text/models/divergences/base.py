"""What all sample-based divergences share: two clouds of points in, one number out."""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Divergence(nn.Module):
    """A differentiable estimate of how far codes are from samples of a prior; it has no weight.

    Serves both stages: nothing in here knows where the points come from. Estimates are made in
    float32 (or float64) even under autocast, since they are small differences of large sums.
    """

    def forward(
        self,
        z: Float[Tensor, "batch latent"],
        prior_z: Float[Tensor, "samples latent"],
        *,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Estimate the divergence between encoded ``z`` and ``prior_z``, drawn from the prior.

        ``generator`` seeds divergences that draw something themselves (projections).
        """
        with torch.autocast(z.device.type, enabled=False):
            return self.estimate(full_precision(z), full_precision(prior_z), generator)

    @abstractmethod
    def estimate(
        self,
        z: Float[Tensor, "batch latent"],
        prior_z: Float[Tensor, "samples latent"],
        generator: torch.Generator | None,
    ) -> Float[Tensor, ""]:
        """Estimate the divergence; called in full precision."""


def full_precision(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Raise half precision to float32; float64 stays."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
