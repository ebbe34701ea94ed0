"""The soak, in short: a training that is killed anywhere ends as if it had never been."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_training_that_is_killed_again_and_again_ends_with_the_same_weights():
    command = [sys.executable, str(ROOT / "scripts/soak.py"), "--kills", "6", "--truncate"]
    command += ["--set", "training.stage_one.steps=40", "--set", "training.stage_two.steps=40"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 kills and resumes" in done.stdout
    assert done.stdout.endswith("weights equal bit for bit, rows of metrics.jsonl equal\n")
