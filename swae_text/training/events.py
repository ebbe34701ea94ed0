"""What a training run reports while it goes, as small frozen values.

Training knows nothing of terminals: it calls ``report(event)`` and the command line, a notebook or
a test decides what to show. Nothing in here needs torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Note:
    """One line for the reader: what is being prepared, chosen or measured."""

    text: str


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage begins, or goes on after a resume."""

    stage: str
    """``one`` or ``two``."""
    steps: int
    """Optimiser steps of the budget."""
    minutes: float | None
    """Minutes of the budget, over all starts of the run. None: steps alone decide."""
    step: int
    """Steps already done: 0 unless the run is resumed."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """One optimiser step (not every step has to be reported)."""

    stage: str
    step: int
    """Steps done, this one counted."""
    steps: int
    """Optimiser steps of the budget."""
    seconds: float
    """Training time of the stage so far, over all starts of the run."""
    progress: float
    """Share of the budget that is spent, in [0, 1], by whichever limit is nearer."""
    loss: dict[str, float]
    """Parts of the loss by name."""
    sentences_per_second: float
    """Throughput over the last steps, all devices together."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A look at the validation split."""

    stage: str
    step: int
    seconds: float
    """Training time of the stage so far, over all starts of the run."""
    metrics: dict[str, float]
    """Numbers by name."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint or a model folder is on disk, whole."""

    path: Path


@dataclass(frozen=True, slots=True)
class StageDone:
    """A stage has spent its budget."""

    stage: str
    step: int
    seconds: float


Event = Note | StageStarted | StepDone | Evaluated | Saved | StageDone
"""Everything that a run reports."""

Report = Callable[[Event], None]
"""Whoever listens to a run."""


def silent(event: Event) -> None:
    """Nobody listens."""
