"""Stage two as a flow: codes are draws of the prior, carried along a learned velocity.

    h_t = (1 - t) z + t h,   z ~ N(0, I),  h a whitened code        min  E |v(h_t, t) - (h - z)|²
    decode: dh/dt = v(h, t) from t = 0 (z) to 1 (h)                  encode: the same way back

Flow matching with the straight path (Lipman et al., 2023, "Flow matching for generative modeling";
Liu et al., 2023, "Flow straight and fast"). The paper's stage two is a Wasserstein autoencoder;
this is the yardstick beside it, with an exact density and no trade between two losses.

The velocity is that of a Gaussian, v = (2t - 1) / (t² + (1 - t)²) · h, plus a network that starts
at h, less h. Between two standard normals it carries every point back to where it came from, so
before the first step the flow *is* the Gaussian fitted to the codes, as for the stacked WAE.

With a mixture for its prior, a component each label, a code comes from the component of its label:
z ~ N(μ_y, I). Labels lie apart in z by as much as the means do, as far as the code tells them.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.config import FlowConfig
from swae_text.models.code_model import CodeModel, StageTwoLoss
from swae_text.models.divergences.base import full_precision
from swae_text.models.level import principal_axes
from swae_text.models.mixture import build_prior
from swae_text.names import PrecisionName
from swae_text.nn.integers import multiply_in_integers
from swae_text.nn.mlp import ResidualMLP

_FREQUENCIES = 16
_SLOWING = 1.75
_ROWS = 1024
"""Carried at once: the system fetches the memory of larger tensors anew for every one of them."""


class FlowMatching(CodeModel):
    """An invertible map between codes and a prior of as many numbers."""

    up: Tensor
    down: Tensor

    def __init__(self, config: FlowConfig, code_dim: int, labels: int = 0) -> None:
        super().__init__(code_dim)
        self.latent_dim, self.evaluations = code_dim, config.evaluations
        self.prior = build_prior(config.prior, code_dim, labels)
        self.divergence = None
        self.velocity = ResidualMLP(
            code_dim + 2 * _FREQUENCIES, code_dim, config.hidden, config.blocks, config.dropout
        )
        inputs = code_dim + 2 * _FREQUENCIES
        self.velocity.set_linear(torch.eye(code_dim, inputs), torch.zeros(code_dim))
        self.register_buffer("up", torch.eye(code_dim))
        self.register_buffer("down", torch.eye(code_dim))

    def multiply_in(self, precision: PrecisionName) -> None:
        """The network of the velocity; what it adds up to stays float32.

        Of integers only the blocks: its ends are small, and make two thirds of the error.
        """
        if precision == "bfloat16":
            self.velocity.to(torch.bfloat16)
        elif precision == "int8":
            multiply_in_integers(self.velocity.blocks)

    @torch.no_grad()
    def fit(self, codes: Float[Tensor, "n code"], labels: Int[Tensor, " n"] | None = None) -> None:
        """Take the whitening of the training codes, turned to where the prior has their labels.

        Paths that cross are not learned: of a label's codes and its component both have to lie on
        the same side.

        Raises:
            TrainingError: fewer than two codes, or codes that are not finite.
        """
        h = self.fit_standardisation(codes)
        axes, scale = principal_axes(h, self.code_dim)
        self.up.copy_(axes / scale)
        self.down.copy_((axes * scale).T)
        if self.prior.labels and labels is not None:
            turn = _turn(h @ self.up.T, labels.to(h.device), self.prior.means)
            self.up.copy_(turn @ self.up)
            self.down.copy_(self.down @ turn.T)

    def encode(self, c: Float[Tensor, "batch code"]) -> Float[Tensor, "batch latent"]:
        """Carry codes back to the normal."""
        return self._carry(self.standardise(c) @ self.up.T, 1.0, 0.0)

    def decode(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch code"]:
        """Carry latents to codes in stage one's units."""
        return self.restore(self._carry(z, 0.0, 1.0) @ self.down.T)

    def loss(
        self,
        c: Float[Tensor, "batch code"],
        *,
        generator: torch.Generator,
        progress: float = 1.0,
        labels: Int[Tensor, " batch"] | None = None,
    ) -> StageTwoLoss:
        """Squared error of the velocity at a random time of each code (``progress`` is unused)."""
        h = full_precision(self.standardise(c) @ self.up.T)
        z = self.sample_beside(labels, len(c), generator=generator).to(h)
        t = torch.rand(len(c), 1, generator=generator, device=generator.device).to(h)
        error = (full_precision(self._velocity((1 - t) * z + t * h, t)) - (h - z)).square().mean()
        return StageTwoLoss(error, error, torch.zeros_like(error), h, z, c)

    def _velocity(
        self, h: Float[Tensor, "batch code"], t: Float[Tensor, "batch 1"]
    ) -> Float[Tensor, "batch code"]:
        angles = t * torch.pi * torch.arange(1, _FREQUENCIES + 1).to(h)
        told = torch.cat([h, angles.sin(), angles.cos()], 1).to(self.velocity.dtype)
        learned: Tensor = self.velocity(told).to(h) - h
        return (2 * t - 1) / (t.square() + (1 - t).square()) * h + learned

    def _carry(
        self, h: Float[Tensor, "batch code"], start: float, end: float
    ) -> Float[Tensor, "batch code"]:
        """From one end of the way to the other, 0 at the prior and 1 at the codes."""
        return torch.cat([self._carry_some(rows, start, end) for rows in torch.split(h, _ROWS)])

    def _carry_some(
        self, h: Float[Tensor, "batch code"], start: float, end: float
    ) -> Float[Tensor, "batch code"]:
        """Adams' methods of second and third order, to predict and to correct.

        Points are only evaluated where they are predicted: one evaluation a step, where the
        classical Runge-Kutta method takes four.
        """
        step = (end - start) / (self.evaluations - 1)
        slope = before = self._slope(h, start)
        for i in range(1, self.evaluations):
            ahead = self._slope(h + step / 2 * (3 * slope - before), start + i * step)
            h = h + step / 12 * (5 * ahead + 8 * slope - before)
            before, slope = slope, ahead
        return h

    def _slope(self, h: Float[Tensor, "batch code"], way: float) -> Float[Tensor, "batch code"]:
        """dh/ds at s of the way, t = 1 - (1 - s)^1.75: slow by the codes, where v turns fastest."""
        left = max(0.0, 1 - way)  # rounding may have gone past the end
        t = h.new_full((len(h), 1), 1 - left**_SLOWING)
        slope: Tensor = _SLOWING * left ** (_SLOWING - 1) * self._velocity(h, t)
        return slope


def _turn(
    h: Float[Tensor, "n code"], labels: Int[Tensor, " n"], means: Float[Tensor, "labels code"]
) -> Float[Tensor, "code code"]:
    """The rotation that brings the labels' means nearest to these (Schönemann, 1966)."""
    present = [label for label in range(len(means)) if (labels == label).any()]
    found = [h[labels == label].mean(0) for label in present]
    if not found:
        return torch.eye(h.shape[1]).to(h)
    u, _, vh = torch.linalg.svd(means[present].T @ torch.stack(found))
    rotation: Tensor = u @ vh
    return rotation
