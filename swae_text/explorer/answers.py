"""What the explorer's API answers with; the documentation is written from these as well."""

from typing import Literal

from swae_text.config.base import Strict
from swae_text.names import SpaceName


class Attribute(Strict):
    """A direction that sentences can be moved along."""

    name: str
    """Of its file; the key in `/api/edit`."""
    file: str
    """As it was given on the command line."""
    negative: str
    """Where a strength below 0 goes."""
    positive: str
    """Where a strength above 0 goes."""
    reads: Literal["probability", "number"]
    """What `before` and `after` of `/api/edit` are."""
    reach: float
    """A strength as large as it makes sense to try."""


class Survey(Strict):
    """How far the sentences of the map and the axes are encoded."""

    source: str
    """The corpus, or that they are the model's own samples."""
    own: bool
    """Whether they are the model's own samples, `sample` with seed 0."""
    done: int
    """Sentences so far."""
    total: int
    """Sentences in the end; 0: there is nothing to survey."""
    finished: bool
    """Whether map and axes are there."""
    problem: str | None
    """Why they never will be."""


class Model(Strict):
    """The model that is explored."""

    name: str
    """Of its run."""
    folder: str
    """As it was given on the command line."""
    version: str
    """Of swae_text."""
    corpus: str
    """What it was trained on."""
    parameters: int
    """Numbers that training changed, in both stages."""
    space: SpaceName
    """Where vectors are moved."""
    dim: int
    """Numbers in a vector."""
    max_tokens: int
    """Pieces of the longest sentence that it reads."""
    labels: list[str]
    """Labels that the prior can be drawn from, if it has parts for them."""
    samples: bool
    """Whether it has a prior to draw from."""
    temperature: float | None
    """Of its samples, unless `/api/sample` is given another; none where it searches for them."""
    examples: list[str]
    """Four sentences to begin with."""
    attributes: list[Attribute]
    """Those given with `--attribute`."""
    shares: list[float]
    """Share of the variance along each principal axis; empty until the survey is finished."""
    survey: Survey
    """Of the map and the axes."""


class Encoded(Strict):
    """Vectors."""

    vectors: list[list[float]]
    """One row a sentence, in order."""


class Decoded(Strict):
    """Sentences."""

    texts: list[str]
    """One for each vector, or each draw, in order."""


class Point(Strict):
    """A point of a path."""

    t: float
    """0 at the first sentence, 1 at the second, and so on."""
    text: str
    """What it decodes to."""
    typicality: float | None
    """Share of the prior's draws that are less likely; near 0 the model knows little there."""


class Path(Strict):
    """A path between sentences."""

    points: list[Point]
    """In order; the first and the last are the sentences reconstructed."""


class Grid(Strict):
    """A grid between four sentences."""

    rows: list[list[str]]
    """Sentences, from above to below and from left to right."""


class Reading(Strict):
    """What the probe of an attribute reads."""

    before: float
    """From the sentence that was given."""
    after: float | None
    """From the sentence that came out, encoded again; none where that is too long."""


class Edited(Strict):
    """A sentence that was moved."""

    text: str
    """What the moved vector decodes to."""
    typicality: float | None
    """Of the moved vector, as in a path."""
    readings: dict[str, Reading]
    """By each attribute."""
    positions: list[float]
    """Of the moved vector on the principal axes; empty until the survey is finished."""


class Rewritten(Edited):
    """A sentence that was changed until it says what was wanted, or the surest one found."""

    reached: bool
    """Whether the sentence is as sure as was asked for."""


class Map(Strict):
    """A corpus in two dimensions: positions on the first two principal axes."""

    source: str
    """The corpus, or that they are the model's own samples."""
    texts: list[str]
    """The sentences."""
    labels: list[str | None]
    """Their labels."""
    points: list[tuple[float, float]]
    """Where they lie, in standard deviations from the mean."""
    shares: list[float]
    """Share of the variance along each of the two axes."""
