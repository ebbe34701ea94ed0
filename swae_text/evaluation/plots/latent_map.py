"""A map of a corpus: its vectors on their first two principal axes, one colour a label."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swae_text.evaluation.plots.canvas import COLOURS, colour, sheet

_MOST = len(COLOURS) - 1  # labels with a colour of their own; the last colour is for all others


@dataclass(frozen=True)
class Mapped:
    """Sentences with their places.

    Attributes:
        points: on the first two axes, in standard deviations.
        labels: one for each, None where it has none.
        shares: of the variance, along these axes.
        title: model, space and corpus.
        note: evidence.
    """

    points: Sequence[tuple[float, float]]
    labels: Sequence[str | None]
    shares: Sequence[float]
    title: str
    note: str


def draw(found: Mapped, path: Path) -> None:
    """One point a sentence, and a cross at the mean of each label.

    Raises:
        ConfigError: matplotlib is not installed, or the path has another ending than .png or .svg.
    """
    counts = Counter(found.labels)
    names = [name for name, _ in counts.most_common(_MOST)]
    names.sort(key=lambda name: (name is None, name or ""))
    with sheet(path, found.title, (8, 7.2), found.note) as figure:
        axes = figure.subplots()
        tints = {name: colour(place) for place, name in enumerate(names)}
        if not set(found.labels) <= tints.keys():
            tints |= dict.fromkeys(set(found.labels) - tints.keys(), COLOURS[-1])
        x, y = zip(*found.points, strict=True)
        shades = [tints[label] for label in found.labels]  # in the order of the corpus: none on top
        axes.scatter(x, y, s=9, c=shades, alpha=0.5, lw=0, rasterized=len(x) > 5000)
        if len(counts) > 1:
            _means(axes, found, names, tints, counts)
        along = [
            f"principal axis {k}, deviations ({100 * share:.1f} % of the variance)"
            for k, share in enumerate(found.shares[:2], 1)
        ]
        axes.set(xlabel=along[0], ylabel=along[1], aspect="equal")


def _means(
    axes: Any,
    found: Mapped,
    names: Sequence[str | None],
    tints: dict[str | None, str],
    counts: Counter[str | None],
) -> None:
    """The middle of each label, which the legend shows as well."""
    for name in names:
        own = [at for at, label in zip(found.points, found.labels, strict=True) if label == name]
        middle = [sum(part) / len(own) for part in zip(*own, strict=True)]
        label = f"{'no label' if name is None else name} (n = {counts[name]:,})"
        look = {"ms": 11, "mec": "white", "mew": 1.2, "ls": ""}
        axes.plot(*middle, "X", color=tints[name], label=label, **look)
    rest = len(found.labels) - sum(counts[name] for name in names)
    if rest:
        axes.plot(
            [], [], "o", color=COLOURS[-1], label=f"{len(counts) - len(names)} others ({rest:,})"
        )
    axes.legend(title="cross: mean of the label", title_fontsize=9)
