"""Several processes over one list of shards: each takes the next one, and says what it has done.

A process that is killed ends the work with the name of its shard. When this process is killed, the
others end at the next word that they have for it.
"""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from swae_text.bulk.output import Tally, write_shard
from swae_text.bulk.rows import Worker
from swae_text.bulk.shards import Shard
from swae_text.bulk.tasks import Task
from swae_text.errors import BulkError


@dataclass(frozen=True)
class Done:
    """What has been done since the last event: rows, or with a tally a whole shard."""

    shard: str
    rows: int
    tally: Tally | None = None


Report = Callable[[Done], None]


def work(task: Task, shards: list[Shard], out: Path, processes: int, report: Report) -> None:
    """Work on shards, in this process or in several others.

    Raises:
        BulkError: a process was killed; names its shard.
        SwaeTextError: whatever a process has raised.
    """
    if processes > 1 and shards:
        _in_others(task, shards, out, min(processes, len(shards)), report)
    elif shards:
        worker = task.open()
        for shard in shards:
            _write(shard, worker, task, out, report)


def _write(shard: Shard, worker: Worker[Any], task: Task, out: Path, report: Report) -> None:
    def told(rows: int) -> None:
        report(Done(shard.name, rows))

    report(Done(shard.name, 0, write_shard(shard, worker, out, skip=task.skip, told=told)))


@dataclass
class _Hand:
    """A process at work."""

    process: BaseProcess
    connection: Connection
    shard: Shard | None = None


def _in_others(task: Task, shards: list[Shard], out: Path, processes: int, report: Report) -> None:
    left = iter(shards)
    threads = max(1, (os.cpu_count() or 1) // processes)
    hands = [_hire(task, out, threads) for _ in range(processes)]
    try:
        at_work = {hand.connection: hand for hand in hands}
        for hand in hands:
            _next(hand, left)
        while at_work:
            for connection in wait(list(at_work)):
                hand = at_work[connection]  # type: ignore[index]
                done = _heard(hand)
                report(done)
                if done.tally is not None and not _next(hand, left):
                    del at_work[hand.connection]
    finally:
        for hand in hands:
            hand.connection.close()
            hand.process.terminate()
        for hand in hands:
            hand.process.join()


def _hire(task: Task, out: Path, threads: int) -> _Hand:
    """Start a process. It does not hear Ctrl-C: this one does, and ends it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, task, out, threads), daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    process.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Hand(process, ours)


def _next(hand: _Hand, left: Iterator[Shard]) -> bool:
    """Give a process its next shard; False where none is left."""
    hand.shard = next(left, None)
    if hand.shard is not None:
        try:
            hand.connection.send(hand.shard)
        except OSError:
            _heard(hand)
    return hand.shard is not None


def _heard(hand: _Hand) -> Done:
    """The next word of a process.

    Raises:
        BulkError: it is gone.
        Exception: what it has raised.
    """
    try:
        told: Done | Exception = hand.connection.recv()
    except (EOFError, OSError) as error:
        hand.process.join()
        name = "" if hand.shard is None else hand.shard.path
        raise BulkError(
            f"{name}: the process that worked on it has died ({_how(hand.process)}): run the same "
            "command again, which goes on there, with fewer --processes if memory ran out"
        ) from error
    if isinstance(told, Exception):
        raise told
    return told


def _how(process: BaseProcess) -> str:
    code = process.exitcode or 0
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _serve(connection: Connection, task: Task, out: Path, threads: int) -> None:
    """The life of a process."""
    import torch

    torch.set_num_threads(min(threads, torch.get_num_threads()))
    try:
        worker = task.open()
        while True:
            _write(connection.recv(), worker, task, out, connection.send)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # whoever wanted it is gone
    except Exception as error:
        connection.send(error)
