"""Maximum mean discrepancy between encoded and prior latents, unbiased.

    MMD²(Q, P) = E k(z, z') + E k(p, p') - 2 E k(z, p),    k = Σₛ kₛ
    IMQ: kₛ(a, b) = Cₛ / (Cₛ + |a - b|²)      RBF: kₛ(a, b) = exp(-|a - b|² / Cₛ)

with Cₛ = scale · E|p - p'|². Gretton et al. (2012, eq. 3); WAE-MMD, Tolstikhin et al. (2018,
algorithm 2), whose IMQ scales are the default.

Cost: two matrix products and, for each scale, a few passes over two ``batch × batch`` matrices.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.config import IMQConfig, RBFConfig
from swae_text.errors import TrainingError
from swae_text.models.divergences.base import Divergence


class MMD(Divergence):
    """Unbiased MMD² under a sum of kernels of several widths.

    Unbiased means that it may be slightly negative and is zero on average, not always, when the
    distributions are the same. It lies in [-2, 2] times the number of scales.
    """

    def __init__(self, kernel: IMQConfig | RBFConfig, spread: float) -> None:
        super().__init__()
        self.kind = kernel.kind
        self.widths = tuple(scale * spread for scale in kernel.scales)

    def estimate(
        self,
        z: Float[Tensor, "batch latent"],
        prior_z: Float[Tensor, "samples latent"],
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Estimate MMD² (``generator`` is not used).

        Raises:
            TrainingError: fewer than two points on a side.
        """
        if min(len(z), len(prior_z)) < 2:
            raise TrainingError("MMD needs two sentences or more in a batch: raise the batch size")
        within = _mean_off_diagonal(self._kernel(z, z)) + _mean_off_diagonal(
            self._kernel(prior_z, prior_z)
        )
        return within - 2 * self._kernel(z, prior_z).mean()

    def _kernel(
        self, a: Float[Tensor, "rows latent"], b: Float[Tensor, "columns latent"]
    ) -> Float[Tensor, "rows columns"]:
        squared = squared_distances(a, b)
        # summed one by one: stacking the terms takes twice as long
        if self.kind == "imq":
            return torch.as_tensor(sum(width / (squared + width) for width in self.widths))
        return torch.as_tensor(sum(torch.exp(squared / -width) for width in self.widths))


def squared_distances(
    a: Float[Tensor, "rows latent"], b: Float[Tensor, "columns latent"]
) -> Float[Tensor, "rows columns"]:
    """|aᵢ - bⱼ|² by one matrix product; unlike a squared ``cdist`` its gradient is finite at 0."""
    norms = a.square().sum(1)[:, None] + b.square().sum(1)[None, :]
    return torch.addmm(norms, a, b.T, alpha=-2).clamp_min(0)


def _mean_off_diagonal(kernel: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    """Mean over pairs of different points: what makes the estimate unbiased."""
    n = len(kernel)
    return (kernel.sum() - kernel.diagonal().sum()) / (n * (n - 1))
