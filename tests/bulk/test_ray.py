"""The example of docs/scaling.md on the real engine, where it is installed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swae_text.space import SentenceSpace

ROOT = Path(__file__).resolve().parents[2]
FILE = re.compile(r"^<!-- file: (\S+) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_for_a_cluster_encodes_every_row_once(tiny_run, sentences, tmp_path):
    pytest.importorskip("ray")
    for name, code in FILE.findall((ROOT / "docs/scaling.md").read_text(encoding="utf-8")):
        (tmp_path / name).write_text(code)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/tiny").symlink_to(tiny_run)
    (tmp_path / "shards").mkdir()
    texts = [json.loads(line)["text"] for line in sentences.read_text().splitlines()[:60]]
    for shard in range(2):
        rows = pa.table({"id": list(range(shard * 30, shard * 30 + 30)), "text": texts[shard::2]})
        pq.write_table(rows, tmp_path / f"shards/{shard}.parquet")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}", "RAY_worker_niceness": "0"}
    command = [sys.executable, "on_ray.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = pq.read_table(tmp_path / "by-ray").sort_by("id")
    assert made["id"].to_pylist() == list(range(60))
    assert made["text"].to_pylist() == texts[0::2] + texts[1::2]
    own = SentenceSpace.from_pretrained(tiny_run / "model").encode(made["text"].to_pylist())
    assert np.allclose(np.array(made["z"].to_pylist()), own, atol=1e-5)
