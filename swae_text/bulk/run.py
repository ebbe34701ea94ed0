"""A folder of shards in, a folder of shards out: begun, gone on with, and accounted for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from swae_text.bulk.output import Tally, claimed, clean
from swae_text.bulk.processes import Done, work
from swae_text.bulk.shards import find_shards
from swae_text.bulk.tasks import Task


@dataclass(frozen=True)
class State:
    """How far the work is."""

    shards: int
    """Shards of the input."""
    before: int
    """Of these, what was there when this command began."""
    total: int
    """Rows of all others."""
    done: int = 0
    """Shards that this command has written."""
    rows: int = 0
    """Rows that it has worked on."""
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0

    @property
    def rows_per_second(self) -> float:
        """Over all of the time, the loading of the model included."""
        return self.rows / max(self.seconds, 1e-9)

    def after(self, done: Done, seconds: float) -> "State":
        """The state that follows on an event."""
        now = replace(self, rows=self.rows + done.rows, seconds=seconds)
        if done.tally is None:
            return now
        tally = Tally(self.tally.bad + done.tally.bad, self.tally.first or done.tally.first)
        return replace(now, done=self.done + 1, tally=tally)


Watch: TypeAlias = Callable[[State], None]


def run(
    task: Task, folder: Path, out: Path, *, processes: int = 1, watch: Watch = lambda state: None
) -> State:
    """Make one shard of each shard in a folder; those that are there already stay as they are.

    Args:
        task: what is done to the rows.
        folder: ``*.parquet``, read shard by shard; every one must have the columns that it takes.
        out: where the others go, under the same names.
        processes: each loads the model and takes one shard after the other.
        watch: is told how far the work is.

    Raises:
        CorpusError: a shard or, where such are not skipped, a row cannot be used.
        BulkError: the folder of the output is not for this work, or a process was killed.
    """
    shards = find_shards(folder)
    for shard in shards:
        task.check(shard)
    with claimed(task, shards, out) as left:
        state = State(len(shards), len(shards) - len(left), sum(shard.rows for shard in left))
        watch(state)
        start = time.monotonic()

        def report(done: Done) -> None:
            nonlocal state
            state = state.after(done, time.monotonic() - start)
            watch(state)

        try:
            work(task, left, out, processes, report)
        finally:
            clean(out)
    return state
