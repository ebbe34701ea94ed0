"""Peak memory (resident set, mapped files counted) against the size of the corpus.

Preparing a corpus, and a few steps of training on it, are processes of their own.
``python -m benchmarks.memory FILE STEPS VOCABULARY`` is one of them: it prints its peak in MB.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Row, Settings
from benchmarks.words import write_sentences

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_TO = 100_000


def rows(settings: Settings) -> Iterator[Row]:
    """Two rows a size, each against a corpus of 100,000 sentences."""
    base: dict[str, float] = {}
    for size in (2_000,) if settings.quick else SIZES:
        if size > settings.most:
            continue
        path = write_sentences(settings.folder / f"{size}.txt", size)
        for work, steps in (("prepare", 0), ("train", settings.at(30, 2))):
            peak = _peak(path, steps, settings)
            if size == _TO:
                base[work] = peak
            ratio = peak / base[work] if work in base and size != _TO else None
            yield Row(f"{work} on {size:,} sentences", peak, "MB", ratio, f"{_TO:,} sentences")
        path.unlink()


def _peak(path: Path, steps: int, settings: Settings) -> float:
    vocabulary = str(settings.at(4000, 600))
    command = (sys.executable, "-m", "benchmarks.memory", str(path), str(steps), vocabulary)
    root = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(out.stdout)


def _work(path: str, steps: int, vocabulary: str) -> None:
    """Prepare the corpus, or open it, and train."""
    from benchmarks.runs import CONFIGS, prepared
    from swae_text.config import load_config

    changes = (
        f"corpus.source={path}",
        "corpus.dedupe=all",
        f"tokenizer.vocab_size={vocabulary}",
        f"training.stage_one.steps={max(steps, 1)}",
        "training.stage_one.evaluate_sentences=100",
    )
    config = load_config(CONFIGS / "yelp-transformer.yaml", changes)
    if not steps:
        prepared(config)
        return
    from swae_text.training.run import train

    train(config, Path(path).with_suffix(f".{steps}"), stages="one", overwrite=True)


def _own_peak() -> float:
    """Peak of this process so far, in MB.

    On Linux ``ru_maxrss`` begins at the size of whoever started the process: ask the kernel.
    """
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    _work(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    print(_own_peak())
