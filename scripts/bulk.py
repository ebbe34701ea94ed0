"""Kill the work on a folder of shards again and again, and see that every row is there once.

    python scripts/bulk.py [MODEL] [--rows 10000 100000] [--shards 20] [--kills 3] [--processes 2]
        [--precision bfloat16]

Invented sentences are written as Parquet shards, encoded, and decoded: once unbroken, and once with
the whole process group killed (SIGKILL) at random moments and begun again. Ids, sentences and their
order must be those of the input, and each killed shard equal to its unbroken twin, byte for byte.
For each number of rows and verb a line tells rows a second, and each process's peak of memory.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import pyarrow as pa
import pyarrow.parquet as pq

THINGS = ("the soup", "our room", "the old garage", "my doctor", "this place", "the front desk")
WAYS = ("was", "is always", "used to be", "has never been", "seemed", "turned out to be")
HOW = ("warm", "clean", "a bit slow", "rude to us", "worth it", "closed", "great")
ENDS = (".", "!", "and i will be back .", "for the price .", "again .", "for once .")
PARTS = (THINGS, WAYS, HOW, ENDS)  # nine words, as in Yelp


def write_input(folder: Path, rows: int, shards: int, seed: int) -> None:
    """Shards of sentences with ids; no more than one is in memory."""
    chance = random.Random(seed)
    folder.mkdir()
    for shard in range(shards):
        ids = range(shard * rows // shards, (shard + 1) * rows // shards)
        texts = [" ".join(map(chance.choice, PARTS)) for _ in ids]
        table = pa.table({"id": pa.array(ids, pa.int64()), "text": texts})
        pq.write_table(table, folder / f"part-{shard:05}.parquet")


class Command:
    """One verb over a folder, which may be killed and begun again."""

    def __init__(self, options: argparse.Namespace, verb: str, shards: Path, out: Path) -> None:
        words = ["swae_text", verb, options.model, str(shards), "--out", str(out)]
        words += ["--processes", str(options.processes), "--precision", options.precision]
        self.words = [sys.executable, "-m", *words]
        self.peaks: dict[int, float] = {}

    def run(self, seconds: float | None = None) -> bool:
        """Run to the end, or until it is killed; True where it came to its end."""
        end = time.monotonic() + (seconds or 1e9)
        with tempfile.TemporaryFile("w+") as log:
            with subprocess.Popen(self.words, process_group=0, stdout=log, stderr=log) as process:
                while process.poll() is None and time.monotonic() < end:
                    self.watch(process.pid)
                    time.sleep(0.1)
                killed = process.poll() is None
                if killed:
                    os.killpg(process.pid, signal.SIGKILL)
            log.seek(0)
            if not killed and process.returncode:
                sys.exit(f"exit code {process.returncode}: {log.read()}")
        return not killed

    def watch(self, leader: int) -> None:
        """Peak memory of each process of the group, in MB."""
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                if os.getpgid(pid := int(status.parent.name)) == leader:
                    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
                    self.peaks[pid] = int(fields["VmHWM"].split()[0]) / 1e3
            except (OSError, KeyError, ValueError):
                continue  # it has ended


def rows_of(folder: Path, *columns: str) -> Iterator[tuple[object, ...]]:
    """Rows of all shards in their order."""
    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1000, columns=list(columns)):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def compare(folder: Path, shards: Path, out: Path, twin: Path) -> None:
    """Leave with an error where anything is lost, twice there, out of order, or different."""
    wanted = rows_of(shards, "id", "text")
    text = "input" if out.name.startswith("decode") else "text"
    if not all(a == b for a, b in zip(wanted, rows_of(out, "id", text), strict=True)):
        sys.exit(f"{out}: ids or sentences are not those of the input, in its order")
    names = [path.name for path in sorted(shards.glob("*.parquet"))]
    if sorted(path.name for path in out.iterdir()) != sorted([*names, "manifest.json", ".lock"]):
        sys.exit(f"{out}: something is left, or missing")
    if not all((out / name).read_bytes() == (twin / name).read_bytes() for name in names):
        sys.exit(f"{out}: not equal to the unbroken {twin}")


def soak(options: argparse.Namespace, rows: int, folder: Path) -> int:
    """Both verbs, unbroken and killed; gives the number of kills."""
    chance, kills, shards = random.Random(options.seed), 0, folder / "in"
    write_input(shards, rows, options.shards, options.seed)
    before = {"unbroken": shards, "killed": shards}
    for verb in ("encode", "decode"):
        after = {kind: folder / f"{verb}-{kind}" for kind in before}
        command, start = Command(options, verb, before["unbroken"], after["unbroken"]), time.time()
        command.run()
        seconds = time.time() - start
        peaks = " ".join(f"{peak:.0f}" for peak in sorted(command.peaks.values()) if peak > 50)
        size = sum(path.stat().st_size for path in after["unbroken"].glob("*.parquet"))
        told = f"{rows:9,} rows {verb}: {rows / seconds:6,.0f} rows/s, {size / rows:4.0f} bytes"
        print(f"{told} a row, peak MB of each process: {peaks}", flush=True)
        command, killed = Command(options, verb, before["killed"], after["killed"]), 0
        while killed < options.kills and not command.run(chance.uniform(0, seconds)):
            killed += 1
        command.run()
        kills += killed
        compare(folder, shards, after["killed"], after["unbroken"])
        before = after
    return kills


def main() -> None:
    """Run the soak for each number of rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", nargs="?", default="yelp-small")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--shards", type=int, default=20)
    parser.add_argument("--kills", type=int, default=3, help="of each verb, at most")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kills = 0
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            kills += soak(options, rows, Path(folder))
    print(f"{kills} kills: every row once, in order, equal to the unbroken shards byte for byte")


if __name__ == "__main__":
    main()
