"""One thread that works with the model, a queue of bounded length before it, and idle work.

A model on a few cores is no faster for being asked twice at once. So requests wait in line, the
line has an end, and while nobody waits the thread goes on with something that can be interrupted:
an iterator, one step at a time.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple["Future[Any]", Callable[[], Any]]
_log = logging.getLogger(__name__)


class Full(Exception):
    """The queue has no place left: try again later."""


class Worker:
    """Runs what is submitted, one at a time, in order.

    Args:
        places: jobs that may wait.
        idle: stepped while nothing waits; a step is what a new job waits for at most.
    """

    def __init__(self, places: int, idle: Iterator[None] | None = None) -> None:
        self._jobs: queue.Queue[Job | None] = queue.Queue(places)
        self._idle = idle
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Put a job in line; a future that is cancelled before its turn is never run.

        Raises:
            Full: too many wait already.
        """
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((future, work))
        except queue.Full:
            raise Full from None
        return future

    def close(self, seconds: float = 5.0) -> None:
        """Drop what waits, and give the running job some seconds to end."""
        self._idle = None
        while not self._jobs.empty():
            job = self._jobs.get_nowait()
            if job is not None:
                job[0].cancel()
        self._jobs.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (job := self._next()) is not None:
            future, work = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
            del future, work, job  # or the last result lives until the next job

    def _next(self) -> Job | None:
        """The next job; idle steps until there is one."""
        while (idle := self._idle) is not None:
            try:
                return self._jobs.get_nowait()
            except queue.Empty:
                pass
            try:
                next(idle)
            except StopIteration:
                self._idle = None
            except Exception:
                _log.exception("work in idle time went wrong")
                self._idle = None
        return self._jobs.get()
