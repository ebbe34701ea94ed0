"""Paths between latents: straight lines, and arcs that keep the length a Gaussian latent has.

    lerp(a, b, t)  = (1 - t) a + t b
    nlerp(a, b, t) = ((1 - t)|a| + t|b|) · lerp(a, b, t) / |lerp(a, b, t)|
    slerp(a, b, t) = ((1 - t)|a| + t|b|) · (sin((1 - t)Ω) â + sin(tΩ) b̂) / sin Ω,   Ω = ∠(a, b)

Spherical interpolation: Shoemake (1985); for latents, White (2016, "Sampling Generative
Networks"). Samples of N(0, I) in d dimensions lie near the sphere of radius √d; the middle of a
straight line between two of them is at √(d/2), where the decoder has seen little. Here direction
and length are interpolated apart, so the length always stays between those of the two ends. The
arcs of nlerp and slerp lie in one plane; nlerp turns slower near the ends and faster in the middle.
"""

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.errors import ConfigError

PathKind = Literal["linear", "slerp", "nlerp"]

_SMALLEST_SINE = 1e-4  # below it the plane of the arc is rounding noise in float32


def lerp(
    a: Float[Tensor, "*batch dim"],
    b: Float[Tensor, "*batch dim"],
    t: float | Float[Tensor, "*batch"],
) -> Float[Tensor, "*batch dim"]:
    """Point at ``t`` of the straight line; t outside [0, 1] goes on along it."""
    t = _column(t, a)
    return (1 - t) * a + t * b


def nlerp(
    a: Float[Tensor, "*batch dim"],
    b: Float[Tensor, "*batch dim"],
    t: float | Float[Tensor, "*batch"],
) -> Float[Tensor, "*batch dim"]:
    """Point at ``t`` of the straight line, brought to a length between those of the ends.

    Zero where the line passes through zero: no direction is defined there.
    """
    length = lerp(a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True), t)
    return torch.nn.functional.normalize(lerp(a, b, t), dim=-1) * length


def slerp(
    a: Float[Tensor, "*batch dim"],
    b: Float[Tensor, "*batch dim"],
    t: float | Float[Tensor, "*batch"],
) -> Float[Tensor, "*batch dim"]:
    """Point at ``t`` of the arc from ``a`` to ``b``, its length between theirs.

    Falls back to ``lerp`` where no arc is defined: a vector is zero, or the two are parallel (where
    both paths are the same) or antiparallel (where every great circle is as short: the straight
    line then passes near zero, so expect a poor middle).
    """
    norm_a, norm_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    tiny = torch.finfo(a.dtype).tiny
    unit_a, unit_b = a / norm_a.clamp_min(tiny), b / norm_b.clamp_min(tiny)
    # Kahan's angle: exact for small and for nearly straight angles, where acos is not
    angle = 2 * torch.atan2(
        (unit_a - unit_b).norm(dim=-1, keepdim=True), (unit_a + unit_b).norm(dim=-1, keepdim=True)
    )
    defined = (angle.sin() > _SMALLEST_SINE) & (norm_a > tiny) & (norm_b > tiny)
    ratio = _column(t, a)
    arc = ((1 - ratio) * angle).sin() * unit_a + (ratio * angle).sin() * unit_b
    arc = torch.nn.functional.normalize(arc, dim=-1) * lerp(norm_a, norm_b, t)
    return torch.where(defined, arc, lerp(a, b, t))


def interpolate(
    a: Float[Tensor, " dim"],
    b: Float[Tensor, " dim"],
    steps: int,
    path: PathKind = "linear",
) -> Float[Tensor, "steps dim"]:
    """Points at even t from ``a`` to ``b``; first and last are ``a`` and ``b`` to the bit.

    Raises:
        ConfigError: fewer than two steps, or a path of another name.
    """
    if steps < 2:
        raise ConfigError(f"steps={steps}: give 2 or more, as both ends are on the path")
    paths = {"linear": lerp, "slerp": slerp, "nlerp": nlerp}
    if path not in paths:
        raise ConfigError(f"path '{path}' is unknown: give one of {', '.join(paths)}")
    t = torch.linspace(0, 1, steps, dtype=a.dtype, device=a.device)
    points = paths[path](a.expand(steps, -1), b.expand(steps, -1), t)
    return torch.cat([a[None], points[1:-1], b[None]])


def interpolate_through(
    points: Float[Tensor, "points dim"], steps: int, path: PathKind = "linear"
) -> Float[Tensor, "all dim"]:
    """A path through several points, ``steps`` on each leg; a joint of two legs is there once.

    Raises:
        ConfigError: fewer than two points or two steps, or a path of another name.
    """
    if len(points) < 2:
        raise ConfigError(f"{len(points)} points make no path: give two or more")
    legs = [interpolate(a, b, steps, path) for a, b in pairwise(points)]
    return torch.cat([legs[0], *(leg[1:] for leg in legs[1:])])


def _column(
    t: float | Float[Tensor, "*batch"], like: Float[Tensor, "*batch dim"]
) -> Float[Tensor, "*batch 1"]:
    """Bring t to one number a row."""
    return torch.as_tensor(t, dtype=like.dtype, device=like.device).expand(like.shape[:-1])[
        ..., None
    ]
