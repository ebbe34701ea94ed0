"""Training events as a progress bar on a terminal, or as one log line at each look."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from swae_text.cli.streams import is_terminal, say
from swae_text.training.events import (
    Evaluated,
    Event,
    Note,
    Report,
    Saved,
    StageDone,
    StageStarted,
    StepDone,
)


@contextmanager
def shown() -> Iterator[Report]:
    """Something to give to training as ``report``: it shows events on stderr."""
    if not is_terminal(sys.stderr):
        yield Log(say)
        return
    columns = (
        TextColumn("stage {task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as progress:
        yield Bar(progress)


class Log:
    """A line for each event that is worth one; steps only colour the next line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last: StepDone | None = None

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, StepDone):
            self._last = event
        elif line := describe(event, self._last):
            self._write(line)


class Bar:
    """A bar for each stage with the time that is left, and log lines above it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._log = Log(lambda line: progress.console.print(line, markup=False, highlight=False))

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, StageStarted):
            self._tasks[event.stage] = self._progress.add_task(event.stage, total=1.0, state="")
        elif isinstance(event, StepDone):
            self._progress.update(
                self._tasks[event.stage], completed=event.progress, state=_state(event)
            )
        elif isinstance(event, StageDone):
            self._progress.update(
                self._tasks[event.stage], completed=1.0, state=f"{clock(event.seconds)}, done"
            )
        self._log(event)


def describe(event: Event, last: StepDone | None = None) -> str:
    """One line for an event; empty for those that need none."""
    match event:
        case Note(text):
            return text
        case StageStarted(stage, steps, minutes, step):
            limit = f" or {minutes:g} min" if minutes else ""
            start = f", from step {step:,}" if step else ""
            return f"stage {stage}: {steps:,} steps{limit}{start}"
        case Evaluated(stage, step, seconds, metrics):
            beside = f"  {_rate(last)}" if last and last.stage == stage else ""
            return f"stage {stage}  step {step:,}  {clock(seconds)}  {_numbers(metrics)}{beside}"
        case Saved(path) if "checkpoints" not in path.parts:
            return f"saved {path}"
        case StageDone(stage, step, seconds):
            return f"stage {stage} done: {step:,} steps in {clock(seconds)}"
    return ""


def remaining(event: StepDone) -> float | None:
    """Seconds that are left, if the budget goes on being spent as it was; None before it began."""
    if event.progress <= 0:
        return None
    return event.seconds * (1 - event.progress) / event.progress


def clock(seconds: float) -> str:
    """A duration as people read it: 0:07, 12:30, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _state(event: StepDone) -> str:
    """What stands to the right of the bar."""
    left = remaining(event)
    eta = f"{clock(left)} left" if left is not None else ""
    return f"step {event.step:,}  {eta}  {_rate(event)}"


def _rate(event: StepDone) -> str:
    return f"{_numbers(event.loss)}  {event.sentences_per_second:,.0f} sentences/s"


def _numbers(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in values.items())
