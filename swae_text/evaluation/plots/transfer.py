"""Transfer as a picture: how often the label changed, against how much of the sentence stayed.

Left, every setting that was tried on the validation split, the chosen one ringed; right, what was
judged once on the sentences with human references. Up and to the right is better.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swae_text.errors import ConfigError
from swae_text.evaluation.plots.canvas import colour, sheet

_JUDGE = "ngrams"
_MOVES = {"vector": ("s-", "along a vector, strength"), "edit": ("o-", "edit, confidence")}
_MARKS = {"vector": "s", "edit": "o", "copy": "X", "reconstructed": "P", "human": "*"}
_NEAR = 3.0  # points of both axes
_PEOPLE = "#333333"


def draw(results: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Curves and rows of what ``evaluate`` found, one colour a result.

    Args:
        results: of ``evaluate`` with references, by the name that each is to have.
        path: the picture.

    Raises:
        ConfigError: a result has no transfer, matplotlib is not installed, or the path has another
            ending than .png or .svg.
    """
    for name, result in results.items():
        if not result.get("transfer"):
            raise ConfigError(f"{name}: has no transfer: `swae-text evaluate --references FILE`")
    title = "Attribute transfer: accuracy against content"
    with sheet(path, title, (13, 6), _note(results)) as figure:
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        for place, (name, result) in enumerate(results.items()):
            transfer, whose = result["transfer"], f"{name} " if len(results) > 1 else ""
            _curves(left, transfer, place, whose)
            _rows(right, transfer["rows"], place, whose)
        n = transfer["rows"][0]["n"]
        tried = next(iter(transfer["tried_on_valid"]["edit"].values())).get("n")
        counted = f" (n = {tried:,})" if tried else ""  # results of old do not say
        left.set(title=f"Validation{counted}: every setting, the chosen one ringed")
        right.set(title=f"With human references (n = {n:,}): the chosen setting", ylim=(-3, 103))
        left.set(ylabel="has the wanted label (n-gram classifier), %")
        left.set_xlim(-3, 103)
        for axes in (left, right):
            axes.set(xlabel="content kept: BLEU with the source")
        left.legend()
        right.legend(loc="upper left", bbox_to_anchor=(1, 1))


def _curves(axes: Any, transfer: Mapping[str, Any], place: int, whose: str) -> None:
    """What was tried, setting by setting; the name of one is left out where the last is as near."""
    for move, table in transfer["tried_on_valid"].items():
        line, words = _MOVES.get(move, ("^-", move))
        tint, last = _tint(place, move), (-_NEAR, -_NEAR)
        points = [(row["self_bleu"], 100 * row["accuracy"]) for row in table.values()]
        axes.plot(*zip(*points, strict=True), line, ms=5, color=tint, label=whose + words)
        for setting, at in zip(map(float, table), points, strict=True):
            chosen = setting == transfer["chosen"][move]
            if chosen:
                axes.plot(*at, "o", ms=12, mfc="none", mec=tint, mew=1.5)
            if chosen or math.dist(at, last) >= _NEAR:
                where = {"xytext": (8, 4), "textcoords": "offset points", "fontsize": 8}
                axes.annotate(f"{setting:g}", at, **where)
                last = at


def _rows(axes: Any, rows: Sequence[Mapping[str, Any]], place: int, whose: str) -> None:
    """What was judged with references; people and the copy once, they are of no model."""
    for row in rows:
        kind = "human" if row["name"].startswith("human ") else row["name"]
        back = row["name"].endswith("reconstructed")
        of_none = kind in ("human", "copy") and not back
        if of_none and place:
            continue
        tint = _PEOPLE if of_none else _tint(place, kind)
        label = "people" if of_none and kind == "human" else row["name"]
        label = label if of_none else whose + label
        known = axes.get_legend_handles_labels()[1]
        at = row["self_bleu"]["corpus"], 100 * row["accuracy"][_JUDGE]
        look = {"ms": 9, "color": tint, "mfc": "none" if back else tint, "ls": ""}
        axes.plot(*at, _MARKS.get(kind, "^"), label=None if label in known else label, **look)


def _tint(place: int, move: str) -> str:
    """Two colours a result: moves along a line, and edits."""
    return colour(2 * place + (move != "vector"))


def _note(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Corpus, model, seed and how good the classifier is itself."""
    facts = []
    for name, result in results.items():
        evidence, judge = result["evidence"], result["transfer"]["classifiers"][_JUDGE]
        right = f"the classifier reads {100 * judge['test_accuracy']:.1f} % of n = {judge['n']:,}"
        model = f"{name} ({evidence['model']}): {evidence['corpus']}, seed {evidence['seed']}"
        facts.append(f"{model}; {right} rightly")
    return "\n".join(facts)
