"""Every measurement runs on a tiny size; what it measures is not judged here."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "what", ["ceiling training metrics_cost", "inference startup", "memory", "quality"]
)
def test_a_quick_run_measures_something(what, tiny_run):
    command = (sys.executable, "-m", "benchmarks", *what.split(), "--quick", "--json")
    done = subprocess.run(
        [*command, "--model", str(tiny_run), "--minutes", "0.05"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["part"] for row in rows} == set(what.split())
    assert all(math.isfinite(row["value"]) and row["value"] >= 0 for row in rows)
