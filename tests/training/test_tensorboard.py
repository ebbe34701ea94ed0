"""Event files, read back by TensorBoard itself: the rows of metrics.jsonl, each once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from swae_text.config import RunConfig, load_config
from swae_text.training.events import Evaluated, Event
from swae_text.training.run import train
from swae_text.training.tensorboard import TensorBoardLog

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config(sentences: Path) -> RunConfig:
    return load_config(
        ROOT / "configs/tiny.yaml",
        [
            f"corpus.source={sentences}",
            "corpus.valid_size=20",
            "corpus.test_size=20",
            "tokenizer.vocab_size=300",
            "training.tensorboard=true",
            "training.stage_one={steps: 9, evaluate_every: 2, checkpoint_every: 3}",
            "training.stage_two={steps: 4, evaluate_every: 2, checkpoint_every: 2, batch_size: 32}",
        ],
    )


def told(run: Path) -> list[dict[str, object]]:
    """What TensorBoard shows, as rows of ``metrics.jsonl``."""
    rows: dict[tuple[str, int], dict[str, object]] = {}
    for folder in (run / "tensorboard").iterdir():
        found, stage = accumulators.EventAccumulator(str(folder)), folder.name
        found.Reload()
        for tag in found.Tags()["scalars"]:
            for scalar in found.Scalars(tag):
                row = rows.setdefault((stage, scalar.step), {"stage": stage, "step": scalar.step})
                name = tag.replace("/", "_", 1)
                assert name not in row, "a step is there twice"
                row[name] = scalar.value
    return [row for _, row in sorted(rows.items())]


def written(run: Path) -> list[dict[str, object]]:
    lines = (run / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        {k: v if k == "stage" else pytest.approx(v, rel=1e-5) for k, v in row.items()}
        for row in rows
    ]


def test_a_run_that_was_killed_has_every_step_once(config, tmp_path):
    def look(event: Event) -> None:
        """Die after the look at step 8, whose row the checkpoint of step 6 knows nothing of."""
        if isinstance(event, Evaluated) and event.step == 8:
            raise SystemExit

    with pytest.raises(SystemExit):
        train(config, tmp_path / "run", report=look)
    assert told(tmp_path / "run")[-1]["step"] == 8
    train(config, tmp_path / "run", resume=True)
    assert told(tmp_path / "run") == written(tmp_path / "run")
    train(config, tmp_path / "run", stages="two")  # stage two anew, over its old events
    assert told(tmp_path / "run") == written(tmp_path / "run")


def test_who_asks_late_has_the_earlier_rows(tmp_path):
    log = TensorBoardLog(tmp_path / "metrics.jsonl")
    rows = [{"stage": "one", "step": step, "loss_mse": step / 3} for step in (5, 10, 15)]
    log.path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    log.forget_after("one", 10)
    log.write(stage="one", step=15, loss_mse=7.0)
    log.close()
    assert told(tmp_path) == written(tmp_path)


def test_without_the_package_nothing_is_trained(tmp_path):
    code = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "from swae_text.cli.app import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    words = ["train", str(ROOT / "configs/tiny.yaml"), "--tensorboard", "--runs-dir", str(tmp_path)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "swae-text[logging]" in done.stderr
    assert list(tmp_path.iterdir()) == []
