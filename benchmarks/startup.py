"""Cold start: whole processes, against ``import torch`` in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measuring import Row, Settings, in_turns, median
from benchmarks.runs import trained_model

BARE = "import torch"


def rows(settings: Settings) -> Iterator[Row]:
    """Seconds of each command."""
    model = str(trained_model(settings))
    ends = ("the food was great .", "it was n't what we expected .")
    ours = (sys.executable, "-m", "swae_text")
    runs = {
        BARE: _process(sys.executable, "-c", "import torch"),
        "--help": _process(*ours, "--help"),
        "interpolate": _process(*ours, "interpolate", model, *ends),
        "encode": _process(*ours, "encode", model, said=ends[0]),
    }
    seconds = median(in_turns(runs, settings.at(7, 1)))
    for name, taken in seconds.items():
        yield Row(name, taken, "s", None if name == BARE else taken / seconds[BARE], BARE)


def _process(*command: str, said: str = "") -> Callable[[], object]:
    root = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    return lambda: subprocess.run(
        command, input=said, text=True, env=environment, capture_output=True, check=True
    )
