"""Attributes that are numbers: a rating, a length. The direction in which the number grows.

    read   ŷ(z) = w·z + b,   w = (Σ + λI)⁻¹ Cov(z, y)                 ridge regression (Hoerl, 1970)
    mean   v = Cov(z, y) / Var(y)          how far latents lie apart whose numbers differ by one
    ridge  v ∝ w

Both are scaled to w·v = w·Cov(z, y) / Var(y), so that a strength of 1 changes what is read equally.
For a number with two values, ``mean`` is the mean difference of ``attributes.py``. To a target:

    s(z) = (y - ŷ(z)) / w·v
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from swae_text.errors import ConfigError, CorpusError

Method: TypeAlias = Literal["mean", "ridge"]
METHODS: tuple[Method, ...] = get_args(Method)
_HELD_OUT = 10
_RIDGE = 1e-3  # of the mean variance


@dataclass(frozen=True, eq=False)
class ValueVector:
    """A direction, the regression beside it, and what they were made from."""

    direction: Float[Tensor, " dim"]
    """What a strength of 1 adds."""
    weight: Float[Tensor, " dim"]
    """``w`` of the regression."""
    bias: float
    """``b`` of the regression."""
    name: str
    """Of the number."""
    n: int
    """Sentences it was fitted to."""
    mean: float
    """Mean of the number."""
    deviation: float
    """Standard deviation of the number."""
    r2: float
    """Share of the variance of held-out sentences (every tenth) that a regression fitted to the
    others explains; 1 is all of it, below 0 is worse than the mean."""
    cosines: Mapping[str, float]
    """Cosine of the direction with those of both methods."""
    method: Method = "mean"
    """How the direction was found."""

    def read(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, " n"]:
        """The number that the regression reads from each latent."""
        return z @ self.weight.to(z) + self.bias

    def strength_to(self, z: Float[Tensor, "n dim"], value: float) -> Float[Tensor, " n"]:
        """The strength at which the regression reads ``value``, for each latent.

        Raises:
            ConfigError: what it reads does not grow along the direction.
        """
        return (value - self.read(z)) / growth(self.weight, self.direction)


def fit_value(
    z: Float[Tensor, "n dim"],
    values: Float[Tensor, " n"],
    *,
    method: Method = "mean",
    name: str = "value",
) -> ValueVector:
    """Find the direction in which the number grows.

    Raises:
        CorpusError: the number is the same for all sentences.
    """
    y = values.to(z)
    if not len(y) or float(y.std(correction=0)) == 0.0:
        raise CorpusError(f"'{name}' is the same for all {len(y)} sentences: nothing to follow")
    weight, bias, mean_shift = _regression(z, y)
    slope = weight @ mean_shift
    found = {"mean": mean_shift, "ridge": weight * (slope / weight.square().sum())}
    direction = found[method]
    return ValueVector(
        direction,
        weight,
        bias,
        name,
        n=len(y),
        mean=y.mean().item(),
        deviation=y.std(correction=0).item(),
        r2=_held_out_r2(z, y),
        cosines=cosines(direction, found.items()),
        method=method,
    )


def growth(weight: Float[Tensor, " dim"], direction: Float[Tensor, " dim"]) -> float:
    """``w·v``: how much more is read at a strength of 1.

    Raises:
        ConfigError: nothing, or less, as along what orthogonality may leave of a direction.
    """
    slope = float(weight @ direction.to(weight))
    if not slope > 0:
        raise ConfigError(
            f"what is read does not grow along this direction (w·v = {slope:.3g}), so it leads to "
            "no target: give --strength, or leave out --orthogonal"
        )
    return slope


def cosines(
    direction: Float[Tensor, " dim"], found: Iterable[tuple[str, Float[Tensor, " dim"]]]
) -> dict[str, float]:
    """Cosine of a direction with that of every method."""
    return {name: torch.cosine_similarity(direction, other, dim=0).item() for name, other in found}


def held_out(n: int, device: torch.device) -> Bool[Tensor, " n"]:
    """The latents that test what is fitted to the others: every tenth."""
    return torch.arange(n, device=device) % _HELD_OUT == 0


def _regression(
    z: Float[Tensor, "n dim"], y: Float[Tensor, " n"]
) -> tuple[Float[Tensor, " dim"], float, Float[Tensor, " dim"]]:
    """Weight and bias, and the mean change of a latent with the number."""
    centred, off = z - z.mean(0), y - y.mean()
    scatter, together = centred.T @ centred / len(z), centred.T @ off / len(z)
    ridge = _RIDGE * scatter.diagonal().mean().clamp_min(torch.finfo(z.dtype).eps)
    weight = torch.linalg.solve(scatter + ridge * torch.eye(z.shape[1]).to(z), together)
    return weight, float(y.mean() - z.mean(0) @ weight), together / off.square().mean()


def _held_out_r2(z: Float[Tensor, "n dim"], y: Float[Tensor, " n"]) -> float:
    """1 - squared error / variance, of sentences that the regression has not seen."""
    out = held_out(len(z), z.device)
    if out.all():
        return 0.0
    weight, bias, _ = _regression(z[~out], y[~out])
    error = (z[out] @ weight + bias - y[out]).square().mean()
    return float(1 - error / (y[out] - y.mean()).square().mean().clamp_min(1e-12))
