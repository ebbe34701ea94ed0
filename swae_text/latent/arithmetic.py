"""Arithmetic with vectors: analogies, means, and directions to walk along.

    analogy      a - b + c                   Mikolov et al. (2013); of sentences Shen et al. (2020)
    mean         μ = 1/n Σ z                 with its length brought to 1/n Σ |z|, if asked
    components   Σ = V diag(σ²) Vᵀ           Σ: covariance; the columns of V by falling σ
    traversal    z' = z + (m + pσ - z·v) v   |v| = 1; m, σ: mean and deviation of z·v over data

A traversal sets one coordinate, along v, to p deviations from its mean (Higgins et al., 2017).
A mean of many draws of N(0, I) lies near the origin, where the decoder has seen little: hence the
other length.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.errors import ConfigError, CorpusError


def analogy(
    a: Float[Tensor, "*batch dim"], b: Float[Tensor, "*batch dim"], c: Float[Tensor, "*batch dim"]
) -> Float[Tensor, "*batch dim"]:
    """What is to ``c`` as ``a`` is to ``b``."""
    return a - b + c


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of vectors that come in parts."""

    total: Float[Tensor, " dim"]
    """Their sum, in float64."""
    lengths: float
    """The sum of their lengths."""
    n: int
    """How many there are, at least 1."""

    @classmethod
    def of(cls, z: Float[Tensor, "n dim"]) -> "Mean":
        """Begin with some vectors, one row each.

        Raises:
            CorpusError: there is no row.
        """
        if not len(z):
            raise CorpusError("no vectors to average: give at least one")
        z = z.double()
        return cls(z.sum(0), float(z.norm(dim=1).sum()), len(z))

    def __add__(self, other: "Mean") -> "Mean":
        """The mean of both."""
        lengths = self.lengths + other.lengths
        return Mean(self.total + other.total, lengths, self.n + other.n)

    def vector(self, *, keep_length: bool = False) -> Float[Tensor, " dim"]:
        """The mean; with ``keep_length`` its direction, as long as the vectors are on average."""
        mean = self.total / self.n
        if keep_length:
            mean = torch.nn.functional.normalize(mean, dim=0) * (self.lengths / self.n)
        return mean.float()


@dataclass(frozen=True, eq=False)
class Direction:
    """A line through the space, and where vectors lie along it."""

    vector: Float[Tensor, " dim"]
    """Of length 1."""
    mean: float = 0.0
    """Mean coordinate along it."""
    deviation: float = 1.0
    """Standard deviation along it: the unit of positions."""

    def position(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, " n"]:
        """Where vectors lie, in deviations from the mean."""
        return (z @ self.vector.to(z) - self.mean) / self.deviation


def axis(dim: int, number: int) -> Direction:
    """One axis of the space, numbered from 0, in the space's own units.

    Raises:
        ConfigError: there is no such axis.
    """
    if not 0 <= number < dim:
        raise ConfigError(f"axis {number}: this space has the axes 0 to {dim - 1}")
    return Direction(torch.eye(dim)[number])


def measured(direction: Direction, z: Float[Tensor, "n dim"]) -> Direction:
    """The same line, with mean and deviation of some vectors.

    Raises:
        CorpusError: fewer than two vectors, or all at one place along the line.
    """
    if len(z) < 2:
        raise CorpusError(f"a deviation of {len(z)} vectors is not defined: give two or more")
    along = z.double() @ direction.vector.to(z).double()
    mean, deviation = float(along.mean()), float(along.std(correction=0))
    if deviation == 0:
        raise CorpusError("these vectors all lie at one place along the direction: give others")
    return Direction(direction.vector, mean, deviation)


def components(z: Float[Tensor, "n dim"]) -> tuple[Float[Tensor, "dim dim"], Float[Tensor, " dim"]]:
    """Principal components, one row each, and the share of the variance along each, falling.

    The number of the largest size in a component is positive, so that a sign means the same in
    every run.

    Raises:
        CorpusError: fewer than two vectors, or all of them equal.
    """
    if len(z) < 2 or torch.equal(z.amax(0), z.amin(0)):
        raise CorpusError(f"no principal components of {len(z)} vectors: give two that differ")
    variances, columns = torch.linalg.eigh(z.double().T.cov(correction=0).reshape(z.shape[1], -1))
    rows = columns.T.flip(0)
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    shares = variances.flip(0).clamp_min(0)
    return (rows * largest.sign()).to(z), (shares / shares.sum()).to(z)


def traverse(
    z: Float[Tensor, " dim"], direction: Direction, positions: Float[Tensor, " steps"]
) -> Float[Tensor, "steps dim"]:
    """The vector with its coordinate along the direction set to each of some positions."""
    vector = direction.vector.to(z)
    wanted = direction.mean + positions.to(z) * direction.deviation
    return z + (wanted - z @ vector)[:, None] * vector
