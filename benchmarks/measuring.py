"""What every measurement shares: its settings, a row of the table, and timing in turns."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""What is measured on: a GPU where there is one."""
Rounds = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line asks for."""

    quick: bool
    """Tiny sizes: does everything run? The figures mean nothing."""
    folder: Path
    """A temporary folder of this run."""
    corpus: str | None
    """Source of real sentences; None: invented ones."""
    model: Path | None
    """A trained model; None: one is trained for a moment."""
    most: int
    """Sentences of the largest corpus whose memory is measured."""
    minutes: float
    """Training time of each side of ``quality``."""

    def at(self, full: int, quick: int) -> int:
        """A size, or the tiny one."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    value: float
    unit: str
    ratio: float | None = None
    """``value`` over that of ``to``."""
    to: str = ""


def in_turns(variants: Mapping[str, Callable[[], object]], rounds: int) -> Rounds:
    """Seconds of each call, one of each variant a round, every other round backwards.

    Each is called once before, uncounted: memory, kernels and caches are made then.
    """
    for run in variants.values():
        run()
    wait()
    seconds: Rounds = {name: [] for name in variants}
    for number in range(rounds):
        for name in list(variants)[:: -1 if number % 2 else 1]:
            start = time.perf_counter()
            variants[name]()
            wait()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def wait() -> None:
    """Until the GPU has done what it was told."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def median(seconds: Rounds) -> dict[str, float]:
    """Median of each variant."""
    return {name: statistics.median(times) for name, times in seconds.items()}


def compared(rates: Mapping[str, float], unit: str, to: str) -> Iterator[Row]:
    """A row for each variant, with its ratio to the variant ``to``."""
    for name, rate in rates.items():
        yield Row(name, rate, unit, None if name == to else rate / rates[to], to)
