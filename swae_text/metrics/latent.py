"""Do codes lie where the prior says?

    MMD²(z, p), IMQ kernel       Tolstikhin et al. (2018), unbiased: about 0 for equal distributions
    SW₂²(z, p)                   Kolouri et al. (2019), biased: above 0 for any two finite samples
    active units                 #{d : Var z_d > 0.01},  z posterior means    (Burda et al., 2016)

Distances between samples mean something beside those of two samples of the prior itself, of the
same size: the noise floor, given with each.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.config import IMQConfig
from swae_text.errors import CorpusError
from swae_text.models.divergences.mmd import MMD
from swae_text.models.divergences.sliced import random_directions, sliced_wasserstein

ACTIVE = 0.01
"""Variance above which a unit is active (Burda et al., 2016)."""
PROJECTIONS = 500
"""Directions of the sliced distance."""
MMD_POINTS = 2000
"""Most points of a side in the MMD, whose cost is quadratic."""


@dataclass(frozen=True, slots=True)
class LatentReport:
    """The cloud of ``n`` codes beside its prior; moments are of single dimensions."""

    n: int
    """Codes, all of them."""
    dim: int
    """Numbers in a code."""
    n_prior: int
    """Prior samples given."""
    mmd: float
    """MMD² under seven IMQ kernels; in [-14, 14], slightly negative by chance."""
    mmd_floor: float
    """The same for two samples of the prior."""
    sliced: float
    """Squared sliced Wasserstein-2 distance; 0 or more, in squared units of the codes."""
    sliced_floor: float
    """The same for two samples of the prior."""
    signature: str
    """Points of a side, kernel and directions of the two distances."""
    max_abs_mean: float
    """Largest distance of a dimension's mean from 0."""
    min_std: float
    """Smallest standard deviation of a dimension."""
    max_std: float
    """Largest standard deviation of a dimension."""
    mean_abs_skew: float
    """Mean |skewness|; 0 for a normal distribution, about 2/√n for n samples of one."""
    mean_excess_kurtosis: float
    """Mean kurtosis - 3; 0 for a normal distribution, -2 for two points."""
    max_abs_correlation: float
    """Largest |correlation| of two dimensions, in [0, 1]; 0 for a single one."""
    active_units: int
    """Dimensions with variance above 0.01; give means of posteriors, not samples, for this."""
    total_variance: float
    """Sum of the variances."""
    prior_total_variance: float
    """The same of the prior samples."""
    warnings: tuple[str, ...]
    """What looks wrong, in plain words; empty if nothing does."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def latent_report(z: Tensor, prior: Tensor, *, generator: torch.Generator) -> LatentReport:
    """Describe codes beside samples of their prior.

    The floor needs two samples of the prior, so distances are measured on half as many points as
    ``prior`` has, for codes and floor alike: give twice as many prior samples as codes.

    Args:
        z: codes ``[n, dim]``, one a sentence.
        prior: samples of the prior (or of a generator of codes) ``[m, dim]``.
        generator: draws the points that are compared and the directions.

    Raises:
        CorpusError: other shapes, fewer than two codes or four prior samples, numbers that are not
            finite, or prior samples that are all the same.
    """
    _check(z, prior)
    z, prior = z.detach().double(), prior.detach().to(z.device).double()
    distances, signature = _distances(z, prior, generator)
    moments = _moments(z)
    variance = z.var(0)
    return LatentReport(
        n=len(z),
        dim=z.shape[1],
        n_prior=len(prior),
        **distances,
        signature=signature,
        **moments,
        active_units=int((variance > ACTIVE).sum()),
        total_variance=variance.sum().item(),
        prior_total_variance=prior.var(0).sum().item(),
        warnings=_warnings(z, prior, distances, moments["max_abs_correlation"]),
    )


def _check(z: Tensor, prior: Tensor) -> None:
    """Refuse what no report can be made of."""
    if z.ndim != 2 or prior.ndim != 2 or z.shape[1] != prior.shape[1]:
        shapes = f"{tuple(z.shape)} and {tuple(prior.shape)}"
        raise CorpusError(f"codes and prior samples of shape {shapes}: give [n, dim] twice")
    if len(z) < 2 or len(prior) < 4:
        raise CorpusError(f"{len(z)} codes, {len(prior)} prior samples: give 2 and 4 or more")
    if not (z.isfinite().all() and prior.isfinite().all()):
        raise CorpusError("codes or prior samples are not finite: the model has diverged")
    if not (prior != prior[0]).any():
        raise CorpusError("prior samples are all the same: draw them from the prior")


def _distances(
    z: Float[Tensor, "n dim"], prior: Float[Tensor, "m dim"], generator: torch.Generator
) -> tuple[dict[str, float], str]:
    """MMD² and SW₂² from the prior, with their floors, on equally many points."""
    size = min(len(z), len(prior) // 2)
    ours = z[_order(len(z), generator)[:size].to(z.device)]
    first, second = prior[_order(len(prior), generator)[: 2 * size].to(z.device)].chunk(2)
    few = min(size, MMD_POINTS)
    mmd = MMD(IMQConfig(), 2 * prior.var(0).sum().item())  # E|p - p'|² is twice the variance
    directions = random_directions(PROJECTIONS, z.shape[1], generator).to(z)
    values = {
        "mmd": mmd(ours[:few], first[:few]).item(),
        "mmd_floor": mmd(second[:few], first[:few]).item(),
        "sliced": sliced_wasserstein(ours, first, directions).item(),
        "sliced_floor": sliced_wasserstein(second, first, directions).item(),
    }
    return values, f"mmd:imq,points:{few}|sliced:{PROJECTIONS},points:{size}"


def _order(n: int, generator: torch.Generator) -> Tensor:
    return torch.randperm(n, generator=generator, device=generator.device)


def _moments(z: Float[Tensor, "n dim"]) -> dict[str, float]:
    """First four moments of the dimensions, and their largest correlation."""
    mean, std = z.mean(0), z.std(0)
    alive = std > 1e-9 * z.abs().max()  # below it, what varies is rounding
    scale = torch.where(alive, std * ((len(z) - 1) / len(z)) ** 0.5, torch.inf)
    unit = (z - mean) / scale
    correlation = (unit.T @ unit / len(z)).fill_diagonal_(0).abs()
    return {
        "max_abs_mean": mean.abs().max().item(),
        "min_std": std.min().item(),
        "max_std": std.max().item(),
        "mean_abs_skew": unit.pow(3).mean(0).abs().mean().item(),
        "mean_excess_kurtosis": torch.where(alive, unit.pow(4).mean(0) - 3, 0).mean().item(),
        "max_abs_correlation": min(1.0, correlation.max().item()),
    }


def _warnings(
    z: Float[Tensor, "n dim"],
    prior: Float[Tensor, "m dim"],
    distances: dict[str, float],
    correlation: float,
) -> tuple[str, ...]:
    """What a reader would not want to overlook."""
    dim, variance = z.shape[1], z.var(0)
    expected = prior.std(0).clamp_min(torch.finfo(z.dtype).tiny)
    active = int((variance > ACTIVE).sum())
    ratio = variance.sqrt() / expected
    off = int(((ratio < 0.5) | (ratio > 2)).sum())
    shifted = int(((z.mean(0) - prior.mean(0)).abs() > 0.5 * expected).sum())
    same = variance.sum() < 0.01 * z.square().sum(1).mean() or variance.sum() == 0
    far = max(2 * distances["sliced_floor"], 0.05 * prior.var(0).mean().item())
    found = {
        "codes are all (nearly) the same: the encoder has collapsed": bool(same),
        f"collapse: only {active} of {dim} dimensions are active": active <= dim / 2,
        f"spread: {off} of {dim} dimensions are outside [½, 2] times the prior's": off > dim / 10,
        f"shift: the mean of {shifted} of {dim} dimensions is half a standard deviation of the "
        "prior or more away from the prior's": shifted > dim / 10,
        f"far from the prior: sliced distance {distances['sliced']:.3g}, two samples of the prior "
        f"have {distances['sliced_floor']:.3g}": distances["sliced"] > far,
        f"two dimensions say the same: correlation {correlation:.2f}": correlation > 0.95,
    }
    return tuple(text for text, holds in found.items() if holds)
