"""A survey of the space: a corpus encoded bit by bit, its principal axes, and its map.

The axes are the principal components of the sentences' vectors (``latent/arithmetic.py``), and the
map is where each sentence lies on the first two. The prior of stage two will not do in place of a
corpus: all directions of N(0, I) are alike. Where no corpus is given the model writes one: samples,
encoded again as the sentences that they are.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.errors import CorpusError, SwaeTextError
from swae_text.latent.arithmetic import Direction, components, measured
from swae_text.names import SpaceName
from swae_text.space import SentenceSpace

CHUNK = 32
"""Sentences at once: a request waits for no more than these."""
AXES = 8
"""Principal axes that are kept."""
SAMPLES = 1000
"""Sentences of its own that a model is surveyed with."""
OWN = "the model's own samples"


class NotYet(Exception):
    """The survey goes on: ask again later."""


@dataclass(eq=False)
class Survey:
    """What is surveyed, and what has come of it; ``steps`` goes on with it.

    Attributes:
        space: the model.
        name: the space of vectors.
        texts: sentences that the model can read; drawn from the prior where there are none.
        labels: one for each, or None.
        source: where they are from.
        axes: principal axes with mean and deviation; empty until all is encoded.
        shares: of the variance, along each axis.
        points: positions on the first two axes.
        done: sentences so far.
        problem: why there is no map.
    """

    space: SentenceSpace
    name: SpaceName
    texts: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    source: str = OWN
    axes: list[Direction] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)
    done: int = 0
    problem: str | None = None

    def __post_init__(self) -> None:
        """Remember whether a corpus was given."""
        self.own = not self.texts
        self.total = 2 * SAMPLES if self.own else len(self.texts)  # written, then read

    @property
    def finished(self) -> bool:
        """Whether axes and map are there."""
        return bool(self.axes)

    def steps(self) -> Iterator[None]:
        """Survey, a chunk a step; a model that refuses has a ``problem`` in the end."""
        try:
            if self.own:
                yield from self._write()
            vectors: list[Tensor] = []
            for start in range(0, len(self.texts), CHUNK):
                chunk = self.texts[start : start + CHUNK]
                vectors.append(self.space.encode(chunk, space=self.name))
                self.done += len(chunk)
                yield
            self._measure(torch.cat(vectors) if vectors else torch.empty(0, 2))
        except SwaeTextError as error:
            self.problem = str(error)

    def _write(self) -> Iterator[None]:
        """Samples of the prior, written greedily and without noise, each once."""
        generator = torch.Generator(self.space.device).manual_seed(0)
        z = self.space.sample_vectors(SAMPLES, generator=generator)
        said: list[str] = []
        for part in torch.split(z, CHUNK):
            said += self.space.decode(part)
            self.done += len(part)
            yield
        fits = self.space.fits(said)
        kept = (text for text, fit in zip(said, fits, strict=True) if fit and text)
        self.texts = list(dict.fromkeys(kept))
        self.labels = [None] * len(self.texts)
        self.total = self.done + len(self.texts)

    def _measure(self, z: Float[Tensor, "n dim"]) -> None:
        """Axes, and positions on the first two of them."""
        if len(z) < 3:
            raise CorpusError(f"{self.source}: {len(z)} sentences make no map: give three or more")
        rows, shares = components(z)
        axes = [measured(Direction(row), z) for row in rows[: min(AXES, len(z) - 1)]]
        self.shares = shares[: len(axes)].tolist()
        flat = torch.stack([axis.position(z) for axis in axes[:2]], 1).tolist()
        self.points = [(round(x, 4), round(y, 4)) for x, y in flat]
        self.axes = axes


def reach(length: float, direction: Float[Tensor, " dim"]) -> float:
    """Strength that moves a vector of some length by about as much: 1, 2 or 5 times a power of 10.

    Further than that is nowhere: a vector and its negative are two lengths apart.
    """
    most = max(length / max(float(direction.norm()), 1e-9), 1e-9)
    unit = 10.0 ** math.floor(math.log10(most))
    return unit * max(step for step in (1.0, 2.0, 5.0) if step * unit <= most * (1 + 1e-9))
