"""One level of stage two: a pair of residual MLPs, started from principal components.

    encoder starts as h ↦ Λ^-½ Vᵀ h      decoder starts as z ↦ V Λ^½ z,      cov(h) = V Λ Vᵀ

Whitening gives the latent the first two moments of a standard normal, so training only has to see
to what a Gaussian is not; and of all linear maps of its rank this one reconstructs best.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from swae_text.config import LevelConfig
from swae_text.nn.mlp import ResidualMLP

_START_LOGVAR = -2.0  # posteriors start narrower than the prior, so that the decoder has a signal


class Level(nn.Module):
    """Encoder and decoder between one space and the next.

    With ``posterior`` the encoder gives twice ``latent_dim`` numbers, (mean, logvar) of a Gaussian.
    """

    def __init__(self, config: LevelConfig, dim: int, *, posterior: bool) -> None:
        super().__init__()
        self.dim, self.latent_dim, self.posterior = dim, config.latent_dim, posterior
        shape = (config.hidden, config.blocks, config.dropout)
        self.encoder = ResidualMLP(dim, config.latent_dim * (2 if posterior else 1), *shape)
        self.decoder = ResidualMLP(config.latent_dim, dim, *shape)

    @torch.no_grad()
    def whiten(self, h: Float[Tensor, "n dim"]) -> Float[Tensor, "n latent"]:
        """Set the linear paths to the principal components of centred ``h``; return its latents."""
        axes, scale = principal_axes(h, self.latent_dim)
        rank = len(axes)
        up = torch.zeros(self.latent_dim, self.dim).to(h)
        down = torch.zeros(self.dim, self.latent_dim).to(h)
        up[:rank] = (axes / scale).to(h)
        down[:, :rank] = (axes * scale).T.to(h)
        self.decoder.set_linear(down, down.new_zeros(self.dim))
        rows = self.latent_dim * (2 if self.posterior else 1)
        weight, bias = up.new_zeros(rows, self.dim), up.new_zeros(rows)
        weight[: self.latent_dim] = up
        bias[self.latent_dim :] = _START_LOGVAR
        self.encoder.set_linear(weight, bias)
        return h @ up.T


def principal_axes(
    h: Float[Tensor, "n dim"], most: int
) -> tuple[Float[Tensor, "rank dim"], Float[Tensor, "rank 1"]]:
    """The ``most`` strongest principal axes of centred points, and their deviations (float64).

    Directions (almost) without variance get a floor, so that whitening does not blow them up.
    """
    covariance = (h.T @ h / max(len(h) - 1, 1)).double()
    variances, axes = torch.linalg.eigh(covariance)
    rank = min(h.shape[1], most)
    variances, axes = variances.flip(0)[:rank], axes.flip(1)[:, :rank].T
    floor = max(1e-3 * float(variances.max()), 1e-6)  # all 0 where the codes are one and the same
    scale = variances.clamp_min(floor).sqrt()[:, None]
    return axes, scale
