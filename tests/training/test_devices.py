"""Several processes: one model, that of one process on the same batches, whoever is killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from swae_text.config import load_config
from swae_text.corpora.store import prepare
from swae_text.training.events import Note
from swae_text.training.optimiser import build_optimiser
from swae_text.training.run import train
from swae_text.training.schedule import rate, set_rate
from swae_text.training.stage_one import StageOne

TINY = Path(__file__).resolve().parents[2] / "configs/tiny.yaml"
SWAE_TEXT = [sys.executable, "-m", "swae_text"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "-m", "swae_text"]


@pytest.fixture(scope="module")
def settings(sentences: Path) -> tuple[str, ...]:
    return (
        f"corpus.source={sentences}",
        "tokenizer.vocab_size=300",
        "training.stage_one={steps: 9, evaluate_every: 4, checkpoint_every: 3}",
        "training.stage_two={steps: 4, batch_size: 16}",
        "stage_two.divergence.kind=adversarial",
    )


@pytest.fixture(scope="module")
def runs(settings: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``straight``: begun by torchrun; ``halted``: by itself, and then one process was killed."""
    folder = tmp_path_factory.mktemp("devices")
    words = ["train", str(TINY), *(word for change in settings for word in ("--set", change))]
    straight = [*TORCHRUN, *words, "--runs-dir", str(folder / "straight")]
    done = subprocess.run(straight, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(folder / "straight/tiny/model")]
    halted = [*SWAE_TEXT, *words, "--devices", "2", "--runs-dir", str(folder / "halted")]
    checkpoint = folder / "halted/tiny/checkpoints/stage-one-00000006.ckpt"
    with subprocess.Popen(halted, stderr=subprocess.PIPE, text=True) as first:
        while not checkpoint.exists():
            assert first.poll() is None
            time.sleep(0.001)
        [second] = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
        os.kill(int(second), signal.SIGKILL)
        said = first.communicate(timeout=200)[1]
    assert first.returncode == 1
    assert "swae-text: process 1 of 2 has lost another" in said, said
    return folder


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "tiny/model/model.safetensors")


@pytest.mark.timeout(600)  # three starts of two interpreters
def test_one_that_is_killed_changes_nothing(runs, settings, tmp_path):
    shutil.copytree(runs / "halted", tmp_path / "again")
    words = ["train", str(TINY), *(word for change in settings for word in ("--set", change))]
    again = [*SWAE_TEXT, *words, "--devices", "2", "--resume", "--runs-dir", tmp_path / "again"]
    done = subprocess.run(again, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0 and "from step 6" in done.stderr, done.stderr
    made, straight = weights(tmp_path / "again"), weights(runs / "straight")
    assert all(torch.equal(made[key], straight[key]) for key in straight)


def test_two_processes_agree_with_one_on_the_same_batches(runs, settings):
    config = load_config(TINY, settings)
    corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, print)
    torch.manual_seed(config.seed)
    stage = StageOne(config, corpus, torch.device("cpu"))
    budget = config.training.stage_one
    optimiser = build_optimiser(stage.module, budget.optimiser)
    generators = [torch.Generator().manual_seed(config.seed + rank) for rank in (0, 1)]

    def shares() -> Iterator[tuple[np.ndarray, ...]]:
        for epoch in range(budget.steps):
            yield from zip(*(stage.epoch(epoch, 0, rank, 2) for rank in (0, 1)), strict=True)

    for step, rows in zip(range(budget.steps), shares(), strict=False):
        progress = step / budget.steps
        set_rate(optimiser, rate(budget.optimiser, step, progress))
        losses = [
            stage.loss(stage.module, own, generator, progress).total
            for own, generator in zip(rows, generators, strict=True)
        ]
        optimiser.zero_grad()
        (sum(losses) / 2).backward()
        torch.nn.utils.clip_grad_norm_(list(stage.module.parameters()), budget.optimiser.clip)
        optimiser.step()
    one = stage.module.state_dict()
    for name, two in weights(runs / "straight").items():
        if name.startswith("autoencoder."):
            mine = one[name.removeprefix("autoencoder.")]
            assert torch.allclose(mine, two, rtol=0, atol=1e-6), name


def test_what_two_began_one_can_end(runs, settings, tmp_path):
    shutil.copytree(runs / "halted/tiny", tmp_path / "run")
    told = []
    train(load_config(TINY, settings), tmp_path / "run", resume=True, report=told.append)
    assert Note("was on 2 devices: goes on with 1") in told
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert [line.partition(', "seconds')[0] for line in lines if '"one"' in line] == [
        f'{{"stage": "one", "step": {step}' for step in (4, 8, 9)
    ]
