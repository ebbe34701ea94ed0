"""Ctrl-C ends a command, whatever it meets.

An extension module that is being imported can turn the interrupt into an error of its own (pandas:
``AttributeError``), so it is remembered that one came.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Within the block Ctrl-C raises ``KeyboardInterrupt``, as ever.

    Yields:
        The interrupts that came so far. Where a process ignores them, or is told of them in
        another way, and outside the main thread, that stays so and the list stays empty.
    """
    came: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield came
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
