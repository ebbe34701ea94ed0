"""``python -m benchmarks [WHAT...] [--quick] [--json]``: measure, and print one table."""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

WHAT = ("ceiling", "training", "inference", "startup", "memory", "metrics_cost")
SLOW = ("quality",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; 1 where a part could not be measured."""
    asked = _parser().parse_args(arguments)
    import torch

    from benchmarks.measuring import Settings

    torch.set_num_threads(asked.threads or torch.get_num_threads())
    os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())  # for processes that are started
    print(_machine(), file=sys.stderr, flush=True)
    failed = False
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        os.environ["SWAE_TEXT_CACHE"] = folder
        settings = Settings(
            asked.quick, Path(folder), asked.corpus, asked.model, asked.most, asked.minutes
        )
        for what in asked.what or WHAT:
            try:
                for line in _measured(what, settings, asked.json):
                    print(line, flush=True)
            except (Exception, subprocess.SubprocessError) as error:  # the others go on
                failed = True
                problem = getattr(error, "stderr", None) or error
                print(f"{what}: not measured ({str(problem).strip()})", file=sys.stderr)
    return int(failed)


def _measured(what: str, settings: object, as_json: bool) -> Iterator[str]:
    """The lines of one part, each as soon as it is known."""
    for row in importlib.import_module(f"benchmarks.{what}").rows(settings):
        if as_json:
            yield json.dumps({"part": what, **asdict(row)})
        else:
            ratio = "" if row.ratio is None else f"{row.ratio:8.2f} × {row.to}"
            yield f"{what:13}{row.what:52}{row.value:>12,.4g} {row.unit:21}{ratio}".rstrip()


def _machine() -> str:
    """Processor, threads and load: the seconds of a busy machine mean little, its ratios more."""
    import torch

    threads, cores = torch.get_num_threads(), os.cpu_count()
    load = f"load {os.getloadavg()[0]:.1f}, " if hasattr(os, "getloadavg") else ""
    capability = torch.backends.cpu.get_cpu_capability()
    system = f"{platform.machine()} {capability}, {cores} cores, {threads} threads"
    return f"{system}, {load}torch {torch.__version__}, Python {platform.python_version()}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("what", nargs="*", choices=[*WHAT, *SLOW, []], help="parts; none: all but quality")
    add("--quick", action="store_true", help="tiny sizes: does it run?")
    add("--json", action="store_true", help="one JSON object a row")
    add("--threads", type=int, help="of PyTorch; default: its own choice")
    add("--corpus", help="real sentences: a folder of train, valid and test files; else invented")
    add("--model", type=Path, help="a run or model folder; else one is trained for a moment")
    add("--most", type=int, default=1_000_000, help="sentences of the largest corpus of `memory`")
    add("--minutes", type=float, default=10.0, help="training of each side of `quality`")
    return parser


if __name__ == "__main__":
    sys.exit(main())
