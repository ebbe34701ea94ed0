"""What goes wrong on the way: disks, damage, numbers. Nothing before it is lost."""

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from swae_text.config import RunConfig, load_config
from swae_text.errors import CheckpointError, ConfigError, TrainingError
from swae_text.training.checkpoint import Checkpoints
from swae_text.training.events import Event, Note, Saved
from swae_text.training.run import train

ROOT = Path(__file__).resolve().parents[2]


def settings(sentences: Path, *changes: str) -> list[str]:
    return [
        f"corpus.source={sentences}",
        "corpus.valid_size=20",
        "tokenizer.vocab_size=300",
        "training.stage_one={steps: 8, evaluate_every: 3, checkpoint_every: 2}",
        "training.stage_two={steps: 8, evaluate_every: 3, checkpoint_every: 2, batch_size: 32}",
        *changes,
    ]


def config(sentences: Path, *changes: str) -> RunConfig:
    return load_config(ROOT / "configs/tiny.yaml", settings(sentences, *changes))


def outcome(run: Path) -> tuple[bytes, list[dict[str, object]]]:
    """Weights, and the rows of the log but for their seconds."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    kept = [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
    return (run / "model/model.safetensors").read_bytes(), kept


@pytest.fixture(scope="module")
def whole(sentences, tmp_path_factory):
    """A run that nothing happened to."""
    run = tmp_path_factory.mktemp("whole") / "run"
    train(config(sentences), run)
    return run


DAMAGED = ("stage-one-00000008.ckpt", "stage-two-00000008.ckpt", "train.npy", "made.json")


@pytest.mark.parametrize("name", [*DAMAGED, "metrics.jsonl", "model.safetensors"])
def test_a_power_cut_in_any_file_is_made_good(name, whole, sentences, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    (path,) = run.rglob(name)
    path.write_bytes(path.read_bytes()[: -path.stat().st_size // 9])
    told: list[Event] = []
    if name == "metrics.jsonl":  # its last row is older than the last checkpoint
        (run / "checkpoints/stage-two-00000008.ckpt").unlink()
    train(config(sentences), run, resume=True, report=told.append)
    assert outcome(run) == outcome(whole)
    named = [event.text for event in told if isinstance(event, Note) and name in event.text]
    assert len(named) == name.endswith(".ckpt")


def test_a_full_disk_stops_with_one_line_and_loses_nothing(whole, sentences, tmp_path):
    run = tmp_path / "tiny"
    shutil.copytree(whole, run)
    for stage in ("one", "two"):
        Checkpoints(run / "checkpoints", stage, keep=0).discard(8)
    before = {path: path.read_bytes() for path in (run / "checkpoints").iterdir()}
    command = [sys.executable, "-m", "swae_text", "train", str(ROOT / "configs/tiny.yaml")]
    command += [word for change in settings(sentences) for word in ("--set", change)]
    done = subprocess.run(
        [*command, "--resume", "--runs-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=200,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"swae-text: {run}/checkpoints/stage-one-000")
    assert "cannot be written (File too large): make room and --resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in (run / "checkpoints").iterdir()} == before
    train(config(sentences), run, resume=True)
    assert outcome(run) == outcome(whole)


def test_a_loss_that_is_not_finite_leaves_only_checkpoints_to_go_on_from(sentences, tmp_path):
    slow, fast = (
        config(sentences, f"training.stage_one.optimiser={{learning_rate: {rate}, warmup: 0}}")
        for rate in ("1e-3", "1e30")
    )
    half = fast.model_copy(update={"training": slow.training})

    def stopping(event: Event) -> None:
        if isinstance(event, Saved):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(half, tmp_path / "run", stages="one", report=stopping)
    with pytest.raises(TrainingError, match=r"step 3: the code is not finite.*learning rate"):
        train(fast, tmp_path / "run", stages="one", resume=True)
    (left,) = (tmp_path / "run/checkpoints").iterdir()
    assert left.name == "stage-one-00000002.ckpt"
    train(slow, tmp_path / "run", stages="one", resume=True)  # the new learning rate counts
    train(slow, tmp_path / "straight", stages="one")
    assert outcome(tmp_path / "run") == outcome(tmp_path / "straight")


def test_a_checkpoint_whose_weights_lead_nowhere_goes(sentences, tmp_path):
    every = "training.stage_one={steps: 8, evaluate_every: 9, checkpoint_every: 1}"
    rate = "training.stage_one.optimiser={learning_rate: 1e30, warmup: 0}"
    with pytest.raises(TrainingError, match="step 1: the loss is not finite"):
        train(config(sentences, every, rate), tmp_path / "run", stages="one")
    assert not list((tmp_path / "run/checkpoints").iterdir())


def test_a_critic_that_diverges_stops_the_run(sentences, tmp_path):
    critic = "{kind: adversarial, hidden: 16, learning_rate: 1e38}"
    broken = config(sentences, f"model.regulariser={critic}")
    with pytest.raises(TrainingError, match="not finite"):
        train(broken, tmp_path / "run", stages="one")
    state = Checkpoints(tmp_path / "run/checkpoints", "one", keep=2).newest()
    weights = state["module"].values() if state else []
    assert all(torch.isfinite(weight).all() for weight in weights)


def test_a_checkpoint_of_another_stage_two_is_refused(whole, sentences, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    wider = config(sentences, "stage_two.levels=[{latent_dim: 16, hidden: 8, blocks: 1}]")
    with pytest.raises(ConfigError, match="train it again with --stage two"):
        train(wider, tmp_path / "run", resume=True)
    train(wider, tmp_path / "run", stages="two")
    assert len(load_file(tmp_path / "run/model/model.safetensors")) > 0


def test_a_checkpoint_of_another_program_is_refused(whole, sentences, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    Checkpoints(tmp_path / "run/checkpoints", "one", keep=9).save(9, {"module": {}})
    with pytest.raises(CheckpointError, match="does not fit these settings"):
        train(config(sentences), tmp_path / "run", resume=True)


def test_a_stage_one_that_went_on_takes_stage_two_with_it(whole, sentences, tmp_path):
    longer = config(sentences, "training.stage_one.steps=12")
    shutil.copytree(whole, tmp_path / "run")
    train(longer, tmp_path / "run", stages="one", resume=True)
    train(longer, tmp_path / "run", resume=True)
    shutil.copytree(whole, tmp_path / "apart")
    train(longer, tmp_path / "apart", stages="one", resume=True)
    train(longer, tmp_path / "apart", stages="two")
    assert outcome(tmp_path / "run") == outcome(tmp_path / "apart")
