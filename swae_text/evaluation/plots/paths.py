"""How fluent paths between sentences are on their way: perplexity, step by step.

Between the ends it should rise little, or fall: a bump in the middle is a hole between two codes.
The line pools all paths, as the protocol does; the band holds the middle half of single sentences,
where these are known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swae_text.errors import ConfigError
from swae_text.evaluation.plots.canvas import colour, sheet
from swae_text.metrics.paths import path_perplexity
from swae_text.metrics.perplexity import split_words


@dataclass(frozen=True)
class Profile:
    """Perplexity along paths.

    Attributes:
        name: for the legend.
        steps: pooled perplexity at each step.
        middle_to_ends: perplexity of the middle / that of both ends.
        n: paths.
        evidence: corpus, split and seed, or where the paths come from.
        quarter: of single sentences at each step, the first quartile and the third; or nothing.
        real: perplexity of real text by the same judge, where it is known.
    """

    name: str
    steps: Sequence[float]
    middle_to_ends: float
    n: int
    evidence: str
    quarter: tuple[Sequence[float], Sequence[float]] | None = None
    real: float | None = None

    @classmethod
    def of_result(cls, name: str, result: Mapping[str, Any]) -> "Profile":
        """What ``evaluate`` found.

        Raises:
            ConfigError: it has no paths that were judged.
        """
        found = (result.get("paths") or {}).get("perplexity")
        if found is None:
            raise ConfigError(f"{name}: no paths were judged: `swae-text evaluate --only latent`")
        told = result["evidence"]
        where = f"{told['model']}: {told['corpus']} ({told['split']}), seed {told['seed']}"
        samples = result.get("samples") or [{}]
        real = samples[0].get("forward", {}).get("ngrams", {}).get("value")
        return cls(name, found["steps"], found["middle_to_ends"], found["n"], where, real=real)

    @classmethod
    def of_walks(cls, name: str, walks: Sequence[Sequence[Mapping[str, Any]]]) -> "Profile":
        """What ``interpolate --pairs FILE --perplexity`` wrote: text and perplexity of each point.

        Raises:
            ConfigError: there are no paths, or they differ in length or have no perplexity.
        """
        walks = [walk for walk in walks if walk]
        lengths = {len(walk) for walk in walks}
        whole = all("perplexity" in point and "text" in point for walk in walks for point in walk)
        if len(lengths) != 1 or lengths == {1} or not whole:
            raise ConfigError(
                f"{name}: no paths of one length with a perplexity at each step: write them with "
                "`swae-text interpolate MODEL --pairs FILE --perplexity`, without --collapse"
            )
        each = np.array([[point["perplexity"] for point in walk] for walk in walks])
        words = [[len(split_words(point["text"])) + 1 for point in walk] for walk in walks]
        pooled = path_perplexity(-np.log(each) * words, words)
        low, high = np.quantile(each, (0.25, 0.75), axis=0).tolist()
        told = (pooled.steps, pooled.middle_to_ends, pooled.n, f"{name}: given pairs")
        return cls(name, *told, (low, high))


def draw(profiles: Sequence[Profile], path: Path) -> None:
    """One line a profile.

    Raises:
        ConfigError: matplotlib is not installed, or the path has another ending than .png or .svg.
    """
    banded = any(profile.quarter for profile in profiles)
    notes = ["band: the middle half of the sentences"] if banded else []
    note = "\n".join(dict.fromkeys([*notes, *(profile.evidence for profile in profiles)]))
    with sheet(path, "Perplexity along paths between sentences", (8, 5.4), note) as figure:
        axes = figure.subplots()
        for place, profile in enumerate(profiles):
            _line(axes, profile, colour(place))
        if len(profiles) == 1 and (real := profiles[0].real) is not None:
            axes.axhline(real, color="#555555", ls=":", label=f"real text: {real:.1f}")
        axes.set(xlabel="place on the path (0, 1: the sentences themselves)", ylim=(0, None))
        axes.set(ylabel="perplexity a word (5-gram model), end of sentence included")
        axes.legend()


def _line(axes: Any, profile: Profile, tint: str) -> None:
    """Pooled perplexity, and the band of single sentences."""
    t = np.linspace(0, 1, len(profile.steps))
    label = f"{profile.name}, n = {profile.n:,}: middle / ends {profile.middle_to_ends:.2f}"
    axes.plot(t, profile.steps, "o-", ms=5, lw=1.8, color=tint, label=label)
    if profile.quarter is not None:
        axes.fill_between(t, *profile.quarter, color=tint, alpha=0.15, lw=0)
