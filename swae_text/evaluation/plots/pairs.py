"""The pair that counts, as a picture: reconstruction BLEU against both perplexities."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swae_text.errors import ConfigError
from swae_text.evaluation.plots.canvas import sheet


def draw(results: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """One point a seed, one colour a method; down and to the right is better.

    Raises:
        ConfigError: matplotlib is not installed, the path has another ending than .png or .svg, or
            no result has samples.
    """
    rows = [result for result in results if result["samples"]]
    if not rows:
        raise ConfigError("nothing to plot: no result has samples")
    lm = next(iter(rows[0]["samples"][-1]["reverse"]))
    with sheet(path, title, (13, 6)) as figure:
        panels = figure.subplots(1, 2, sharex=True)
        for panel, way in zip(panels, ("forward", "reverse"), strict=True):
            _panel(panel, rows, way, lm)
        panels[-1].legend(fontsize="small", ncols=2)


def _panel(axes: Any, rows: Sequence[Mapping[str, Any]], way: str, lm: str) -> None:
    """One perplexity of every result."""
    for place, method in enumerate(dict.fromkeys(row["method"] for row in rows)):
        mine = [row for row in rows if row["method"] == method]
        x = [row["reconstruction"][-1]["bleu"] for row in mine]
        y = [row["samples"][-1][way][lm]["value"] for row in mine]
        axes.plot(x, y, "os^Dvp*X"[place // 10 % 8], color=f"C{place % 10}", label=method)
    real = rows[0]["samples"][0][way][lm]["value"]
    axes.axhline(real, color="grey", linestyle=":", label="real text")
    axes.set(xlabel="reconstruction BLEU", ylabel=f"{way} perplexity ({lm})", yscale="log")
