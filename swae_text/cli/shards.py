"""A folder of Parquet shards in the place of FILE: how a verb begins it, and what stderr says."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swae_text.cli.streams import is_terminal, say

if TYPE_CHECKING:
    from swae_text.bulk.run import State, Watch
    from swae_text.bulk.tasks import Task

SECONDS = 30.0
"""Between two lines where nobody sees a bar."""

Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Where FILE is a folder of Parquet shards: theirs go here."
    ),
]
Processes = Annotated[
    int | None, typer.Option(min=1, help="Shards that are worked on at once. Default: 1.")
]
ShardText = Annotated[
    str | None,
    typer.Option("--text", help="Column of the sentences in shards. Default: found by name."),
]


def in_shards(
    file: str | None, out: Path | None, *, shards: Mapping[str, object], lines: Mapping[str, object]
) -> Path | None:
    """The folder of shards that FILE is; None for a file.

    Args:
        file: what the user gave.
        out: likewise.
        shards: options that are for shards only, by name; None or false where they were not given.
        lines: options that are for lines only.
    """
    folder = None if file in (None, "-") or not Path(str(file)).is_dir() else Path(str(file))
    if folder is None:
        shards = {"--out": out, **shards}
    elif out is None:
        raise typer.BadParameter(f"{file} is a folder of shards: give --out FOLDER for theirs")
    for option, value in (shards if folder is None else lines).items():
        if value:
            what = "a folder of shards" if folder is None else "lines"
            raise typer.BadParameter(f"{option} is for {what}")
    return folder


def run_shards(task: "Task", folder: Path, out: Path | None, processes: int | None) -> None:
    """Work on the shards of a folder, and account for them on stderr."""
    from swae_text.bulk.run import run

    with _watched() as watch:
        state = run(task, folder, out or folder, processes=processes or 1, watch=watch)
    before = f"; {state.before:,} were there" if state.before else ""
    say(f"{out}: {state.done:,} shards, {_rows(state)}{before}")
    if state.tally.bad:
        say(f"rows that could not be used: {state.tally.bad:,}; the first: {state.tally.first}")


@contextmanager
def _watched() -> "Iterator[Watch]":
    """A bar on a terminal, or a line now and then."""
    if not is_terminal(sys.stderr):
        last = time.monotonic()

        def line(state: "State") -> None:
            nonlocal last
            if time.monotonic() - last > SECONDS:
                last = time.monotonic()
                say(f"{state.before + state.done:,} of {state.shards:,} shards, {_rows(state)}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as progress:
        bar = progress.add_task("")

        def show(state: "State") -> None:
            told = f"{state.before + state.done:,} of {state.shards:,} shards, {_rows(state)}"
            progress.update(bar, total=state.total, completed=state.rows, description=told)

        yield show


def _rows(state: "State") -> str:
    return f"{state.rows:,} rows, {state.rows_per_second:,.0f} rows/s"
