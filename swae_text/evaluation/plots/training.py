"""How runs learned: BLEU on validation and every part of the loss, stage by stage.

A line is drawn thick where the learning rate falls to zero, at the end of the budget: what a curve
does there says whether more steps would have paid. A dotted line stands where the noise on the
codes reaches its full measure, up to which BLEU may fall.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from swae_text.config import RunConfig, load_config
from swae_text.config.training import StageOneTraining, StageTwoTraining
from swae_text.errors import ConfigError
from swae_text.evaluation.plots.canvas import colour, sheet
from swae_text.training.tracking import read_rows

Against = Literal["steps", "seconds"]
Row = dict[str, Any]
_BLEU = "valid_bleu"
_UNITS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}


@dataclass(frozen=True)
class Run:
    """A run folder, read.

    Attributes:
        name: of the folder.
        config: its settings.
        rows: of its ``metrics.jsonl``.
    """

    name: str
    config: RunConfig
    rows: list[Row]

    @classmethod
    def read(cls, folder: Path) -> "Run":
        """The run in a folder.

        Raises:
            ConfigError: it is no run folder, or has not looked at its validation split yet.
        """
        rows = [row for row in read_rows(folder / "metrics.jsonl") if "seconds" in row]
        if not rows or not (folder / "config.yaml").exists():
            raise ConfigError(
                f"{folder}: no training curve here: give a run folder, with config.yaml and "
                "metrics.jsonl, that has come as far as training.stage_one.evaluate_every"
            )
        return cls(folder.resolve().name, load_config(folder / "config.yaml"), rows)

    def of(self, stage: str, measure: str) -> list[Row]:
        """The rows of a stage that have a measure."""
        return [row for row in self.rows if row["stage"] == stage and measure in row]

    def budget(self, stage: str) -> StageOneTraining | StageTwoTraining:
        """How long the stage is trained."""
        training = self.config.training
        return training.stage_one if stage == "one" else training.stage_two

    def falls(self, stage: str, row: Row) -> bool:
        """Whether the learning rate falls to zero at this row."""
        return self.progress(stage, row) >= 1 - self.budget(stage).optimiser.cooldown

    def progress(self, stage: str, row: Row) -> float:
        """Share of the budget that is spent at this row: the nearer of its two limits."""
        budget = self.budget(stage)
        spent = row["seconds"] / 60 / budget.minutes if budget.minutes else 0.0
        return float(max(spent, row["step"] / max(budget.steps, 1)))

    def label(self) -> str:
        """Name, corpus and seed."""
        return f"{self.name} ({self.config.corpus.source}, seed {self.config.seed})"


def draw(runs: Sequence[Run], path: Path, against: Against = "steps") -> None:
    """One column a stage, one panel a measure, one colour a run.

    Raises:
        ConfigError: matplotlib is not installed, or the path has another ending than .png or .svg.
    """
    stages = [stage for stage in ("one", "two") if any(run.of(stage, "step") for run in runs)]
    shown = {stage: _measures(runs, stage) for stage in stages}
    most = max(map(len, shown.values()))
    size = (1.0 + 5.2 * len(stages), 1.2 + 2.7 * most)
    with sheet(path, "Training curves", size, _note(runs)) as fig:
        grid = fig.subplots(most, len(stages), squeeze=False, sharex="col")
        for column, stage in enumerate(stages):
            own = grid[:, column]
            unit = _unit(runs, stage, against)
            for axes, measure in zip(own, shown[stage], strict=False):
                _panel(axes, runs, stage, measure, unit)
            for axes in own[len(shown[stage]) :]:
                axes.set_visible(False)
            own[0].set_title(f"Stage {stage}")
            last = own[len(shown[stage]) - 1]
            last.set_xlabel(unit[0])
            last.tick_params(labelbottom=True)
        if len(stages) > 1 and _BLEU in shown["two"]:
            grid[0, 1].sharey(grid[0, 0])
        grid[0, 0].legend()


def _panel(
    axes: Any,
    runs: Sequence[Run],
    stage: str,
    measure: str,
    unit: tuple[str, Callable[[Row], float]],
) -> None:
    """One measure of every run."""
    for place, run in enumerate(runs):
        rows = run.of(stage, measure)
        x, y = [unit[1](row) for row in rows], [row[measure] for row in rows]
        axes.plot(x, y, "o-", ms=3, lw=1.2, color=colour(place), label=run.label())
        start = next((at for at, row in enumerate(rows) if run.falls(stage, row)), len(rows))
        last = slice(max(start - 1, 0), None) if start < len(rows) else slice(0)
        axes.plot(x[last], y[last], lw=3, color=colour(place))
        if stage == "one" and rows and (full := _noise_is_full(run, rows)) is not None:
            axes.axvline(unit[1](full), color=colour(place), ls=":", lw=1.2)
    axes.set_ylabel("BLEU on validation" if measure == _BLEU else _named(measure))
    axes.margins(x=0.02)


def _note(runs: Sequence[Run]) -> str:
    """What the lines mean, and of how many sentences BLEU is."""
    sizes = sorted({run.budget("one").evaluate_sentences for run in runs})
    counted = "–".join(f"{n:,}" for n in dict.fromkeys((sizes[0], sizes[-1])))
    lines = "thick: the learning rate falls to zero; dotted: the noise on the codes is full"
    return f"{lines}; BLEU of {counted} sentences at most"


def _measures(runs: Sequence[Run], stage: str) -> list[str]:
    """BLEU, and the parts of the loss that are not zero throughout."""
    seen: dict[str, None] = {}
    for run in runs:
        for row in run.rows:
            if row["stage"] == stage:
                parts = (key for key in row if key.startswith("loss_") and row[key])
                seen |= dict.fromkeys([_BLEU, *parts] if _BLEU in row else parts)
    return list(seen)


def _named(measure: str) -> str:
    """``loss_mse`` for people."""
    name = measure.removeprefix("loss_").replace("_", " ")
    units = {"cross entropy": "cross-entropy, nats a piece", "mse": "squared error"}
    return f"loss of a batch\n({units.get(name, name)})"


def _unit(runs: Sequence[Run], stage: str, against: Against) -> tuple[str, Callable[[Row], float]]:
    """What the x axis says, and a row's place on it."""
    if against == "steps":
        return "thousands of steps", lambda row: row["step"] / 1000
    longest = max(row["seconds"] for run in runs for row in run.of(stage, "seconds"))
    name = next((name for name, size in _UNITS.items() if longest < 180 * size), "hours")
    return f"{name} of training", lambda row: row["seconds"] / _UNITS[name]


def _noise_is_full(run: Run, rows: Sequence[Row]) -> Row | None:
    """Where the noise on the codes reaches its full measure; None: it does not, or at once."""
    model = run.config.model
    spent = [run.progress("one", row) for row in rows]
    if not model.code_noise or not model.noise_warmup or model.noise_warmup > spent[-1]:
        return None
    return {
        key: float(np.interp(model.noise_warmup, [0.0, *spent], [0, *(row[key] for row in rows)]))
        for key in ("step", "seconds")
    }
