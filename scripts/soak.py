"""Kill a training again and again, and see that nothing is lost.

    python scripts/soak.py [CONFIG...] [--kills 100] [--seed 0] [--truncate] [--devices 2]

One training runs unbroken. Another is killed and resumed: by SIGKILL, SIGTERM or SIGINT at a random
moment, or by SIGKILL at a random operation on its own files (an audit hook counts them), where a
half-written state would be. ``--truncate`` also cuts the newest checkpoint of a stage every other
time. Both must end with the same weights, bit for bit, and the same rows in metrics.jsonl but for
their seconds.

Processes are forked from this one, which has imported torch and computed nothing, so a start costs
tenths of a second; several devices need interpreters of their own.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NoReturn

os.environ.setdefault("OMP_NUM_THREADS", "1")
import nltk  # noqa: F401  # slow to import, as torch is: children are born with both

import swae_text.training.run  # noqa: F401
from swae_text.cli.app import main as command_line

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (
    f"corpus.source={ROOT / 'data/sentences.jsonl'}",
    "training.precision=float32",
    "training.stage_one={steps: 400, evaluate_every: 20, checkpoint_every: 7, batch_tokens: 256}",
    "training.stage_two={steps: 400, evaluate_every: 20, checkpoint_every: 7, batch_size: 64}",
)
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
AT_A_FILE = "SIGKILL at a file"
FILE_OPERATIONS = {"open", "os.rename", "os.remove", "os.chmod", "os.mkdir", "os.rmdir"}
PLACES = {
    "": "starting",
    "stage one:": "stage one",
    "stage one done": "between",
    "stage two:": "stage two",
    "stage two done": "ending",
}
PATIENCE = 600.0  # seconds; a process that takes longer to end hangs


class Training:
    """One run folder and the processes that come and go in it."""

    def __init__(self, options: argparse.Namespace, runs: Path) -> None:
        configs = options.config or [ROOT / "configs/tiny.yaml"]
        settings = (*SETTINGS, *options.set, "name=run")
        self.words = ["train", *map(str, configs), "--resume", "--runs-dir", str(runs)]
        self.words += ["--devices", str(options.devices)]
        self.words += [word for setting in settings for word in ("--set", setting)]
        self.alone, self.folder, self.log = options.devices == 1, runs / "run", runs / "log"
        runs.mkdir()

    def start(self, dies_at: int | None = None) -> int:
        """Start a process group; with ``dies_at`` it kills itself at that file operation."""
        with self.log.open("wb") as log:
            if not self.alone:
                command = [sys.executable, "-m", "swae_text", *self.words]
                return subprocess.Popen(command, process_group=0, stdout=log, stderr=log).pid
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            if pid := os.fork():
                os.setpgid(pid, pid)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
                return pid
            self.live(log.fileno(), dies_at)

    def live(self, log: int, dies_at: int | None) -> NoReturn:
        """The life of a forked process; it must not come back into what its parent does."""
        code = 130
        try:
            os.dup2(log, 1)
            os.dup2(log, 2)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            if dies_at is not None:
                die_at_operation(dies_at, self.folder)
            code = command_line(self.words)
            sys.stdout.flush()
        finally:
            os._exit(code)

    def wait(self, pid: int, seconds: float) -> int | None:
        """Exit code (negative: the signal) of a process; None if it is still there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        return None

    def end(self, pid: int, code: int | None = None) -> int:
        """Exit code of a process; one that left a traceback or hangs ends the soak."""
        code = self.wait(pid, PATIENCE) if code is None else code
        said = self.log.read_text()
        if code is None or (self.alone and "Traceback" in said) or code not in (0, 130, -9, -15):
            sys.exit(f"exit code {code}:\n{said}")
        return code

    def place(self) -> str:
        """What the last process was doing when it ended."""
        lines = self.log.read_text().splitlines()
        starts = [s for line in lines for s in PLACES if s and line.startswith(s)]
        return PLACES[starts[-1] if starts else ""]

    def checkpoints(self, stage: str) -> list[Path]:
        """Checkpoints of a stage, oldest first."""
        return sorted((self.folder / "checkpoints").glob(f"stage-{stage}-*.ckpt"))

    def steps(self) -> int:
        """Steps that a resume would not have to repeat."""
        newest = [paths[-1] for stage in ("one", "two") if (paths := self.checkpoints(stage))]
        return sum(int(path.stem.rpartition("-")[2]) for path in newest)

    def result(self) -> tuple[bytes, list[dict[str, float]]]:
        """Weights, and rows without their seconds."""
        if parts := list(self.folder.rglob("*.part")):
            sys.exit(f"left behind: {parts}")
        lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        rows = [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]
        return (self.folder / "model/model.safetensors").read_bytes(), rows


def die_at_operation(number: int, folder: Path) -> None:
    """Have this process killed just before its nth operation on files of a folder."""
    left = number

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in FILE_OPERATIONS and str(arguments[0]).startswith(str(folder)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def truncate(training: Training, chance: random.Random) -> bool:
    """Cut the newest checkpoint of a stage that has one before it, half of the time."""
    stages = [stage for stage in ("one", "two") if len(training.checkpoints(stage)) > 1]
    if not stages or chance.random() < 0.5:
        return False
    newest = training.checkpoints(chance.choice(stages))[-1]
    os.truncate(newest, chance.randrange(newest.stat().st_size + 1))
    return True


def main() -> None:
    """Run the soak and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("config", nargs="*", help="YAML files; default: configs/tiny.yaml")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=value")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--truncate", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak(options, Path(folder))


def soak(options: argparse.Namespace, folder: Path) -> None:
    """Kill, resume, and compare with what an unbroken training made."""
    straight, start = Training(options, folder / "straight"), time.monotonic()
    straight.end(straight.start())
    expected, steps = straight.result(), straight.steps()
    print(f"unbroken: {steps} steps, {len(expected[1])} rows, {time.monotonic() - start:.0f} s")
    chance, kills, cut, named = random.Random(options.seed), Counter(), 0, 0
    runs, begun = 1, 0
    training, haste = Training(options, folder / "1"), (time.monotonic() - start) / steps * 10
    kinds = [*SIGNALS, *([AT_A_FILE] * 3 if options.devices == 1 else [])]
    while True:
        kind = chance.choice(kinds) if kills.total() < options.kills else None
        pid = training.start(chance.randint(1, round(60 * haste)) if kind == AT_A_FILE else None)
        code = training.wait(pid, chance.uniform(0, 2 * haste)) if kind in SIGNALS else None
        if kind in SIGNALS and code is None:
            os.killpg(pid, kind)
        code = training.end(pid, code)
        named += training.log.read_text().count("damaged (")
        if code:
            kills[getattr(kind, "name", kind), training.place()] += 1
            cut += options.truncate and truncate(training, chance)
        else:
            check(training.result(), expected)
            if kills.total() >= options.kills:
                break
            runs, begun = runs + 1, kills.total()
            training = Training(options, folder / str(runs))
        # As far through the steps as through the kills: then they are spread over both stages.
        spent = (kills.total() - begun) / max(1, options.kills - begun)
        behind = training.steps() < steps * spent
        haste = min(20.0, max(0.1, haste * (1.3 if behind else 1 / 1.3)))
    show(kills)
    print(f"{kills.total()} kills and resumes in {runs} runs, {time.monotonic() - start:.0f} s")
    if options.truncate:
        print(f"{cut} checkpoints truncated, {named} times one was named and passed over")
    print("weights equal bit for bit, rows of metrics.jsonl equal")


def check(found: tuple[bytes, list[dict[str, float]]], expected: object) -> None:
    """Leave with an error where anything differs."""
    if found != expected:
        sys.exit("the killed training differs from the unbroken one: weights or rows")


def show(kills: Counter[tuple[str, str]]) -> None:
    """Kills by kind and place."""
    print(f"{'':20}" + "".join(f"{place:>11}" for place in PLACES.values()))
    for kind in sorted({kind for kind, _ in kills}):
        print(f"{kind:20}" + "".join(f"{kills[kind, place]:11}" for place in PLACES.values()))


if __name__ == "__main__":
    main()
