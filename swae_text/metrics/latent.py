"""Do codes lie where the prior says, and do paths between them read well?

    MMD²(z, p), IMQ kernel       Tolstikhin et al. (2018), unbiased: about 0 for equal distributions
    SW₂²(z, p)                   Kolouri et al. (2019), biased: above 0 for any two finite samples
    active units                 #{d : Var z_d > 0.01},  z posterior means    (Burda et al., 2016)
    smoothness of a path         lev(s₁, s_T) / Σ_t lev(s_t, s_{t+1})         (Zhang et al., 2024)

Distances between samples mean something beside those of two samples of the prior itself, of the
same size: the noise floor, given with each. Smoothness is the interpolation smoothness of
LangSpace with edits of words in place of its word mover's distance, so the values are not those.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor

from swae_text.config import IMQConfig
from swae_text.errors import CorpusError
from swae_text.metrics.reconstruction import word_edits
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


@dataclass(frozen=True, slots=True)
class PathSmoothness:
    """How decoded paths get from one end to the other."""

    smoothness: float | None
    """Mean of direct edits / edits along the path, in (0, 1]; 1: no detour. None: no path moved."""
    largest_jump: float | None
    """Mean of the largest single step of a path, in word edits."""
    distinct: float
    """Mean number of different sentences on a path, its ends included."""
    skipped: int
    """Paths whose ends have the same words: no ratio is defined. They count in ``distinct``."""
    n: int
    """Paths, all of them."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PathPerplexity:
    """Perplexity of the decoded sentences, step by step."""

    steps: tuple[float, ...]
    """Perplexity at each step, pooled over the paths."""
    middle_to_ends: float
    """Perplexity of the middle step (of an even number, the middle two) / that of both ends."""
    n: int
    """Paths."""

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


def path_smoothness(paths: Sequence[Sequence[str]]) -> PathSmoothness:
    """Judge decoded paths by the words that change from step to step.

    Raises:
        CorpusError: no path, or one with fewer than two sentences.
    """
    if not paths or min(map(len, paths)) < 2:
        raise CorpusError("paths cannot be judged: give at least one, of two or more sentences")
    ratios, jumps = [], []
    for path in paths:
        direct, steps = (
            word_edits(path[0], path[-1]),
            [word_edits(*pair) for pair in pairwise(path)],
        )
        if direct:
            ratios.append(direct / sum(steps))
            jumps.append(max(steps))
    return PathSmoothness(
        smoothness=fmean(ratios) if ratios else None,
        largest_jump=fmean(jumps) if jumps else None,
        distinct=fmean(len(set(path)) for path in paths),
        skipped=len(paths) - len(ratios),
        n=len(paths),
    )


def path_perplexity(log_probs: ArrayLike, words: ArrayLike) -> PathPerplexity:
    """Perplexity along paths from a language model's judgement of every sentence on them.

    Args:
        log_probs: natural log probability of each sentence ``[paths, steps]``.
        words: words it was divided into ``[paths, steps]``, with the end if that was scored.

    Raises:
        CorpusError: other shapes, fewer than two steps, or a step without words.
    """
    nats, count = -np.asarray(log_probs, np.float64), np.asarray(words, np.float64)
    if nats.ndim != 2 or nats.shape != count.shape or not len(nats) or nats.shape[1] < 2:
        shapes = f"{nats.shape} and {count.shape}"
        raise CorpusError(f"log_probs and words of shape {shapes}: give [paths, 2 steps or more]")
    paths, nats, count = len(nats), nats.sum(0), count.sum(0)
    if count.min() <= 0:
        raise CorpusError("a step of the paths has no words: count the end of each sentence too")
    last = len(nats) - 1
    middle, ends = [last // 2, (last + 1) // 2], [0, last]
    gain = nats[middle].sum() / count[middle].sum() - nats[ends].sum() / count[ends].sum()
    steps = np.exp(nats / count).tolist()
    return PathPerplexity(tuple(steps), float(np.exp(gain)), paths)


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
