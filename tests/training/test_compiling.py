"""Kernels made for this processor learn what others learn; without a compiler nothing begins."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from swae_text.config import load_config
from swae_text.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SWAE_TEXT = [sys.executable, "-m", "swae_text", "train", str(ROOT / "configs/tiny.yaml")]


def ended(folder: Path, *settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = (word for setting in settings for word in ("--set", setting))
    command = [*SWAE_TEXT, "--stage", "one", "--runs-dir", str(folder), *words]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(shutil.which("g++") is None, reason="kernels want a C++ compiler")
def test_compiled_training_has_the_weights_of_any_other(tmp_path):
    short = "training.stage_one={steps: 12, checkpoint_every: 6, optimiser: {warmup: 2}}"
    cache, found = tmp_path / "kernels", {}
    for compiled in (True, False):
        folder = tmp_path / str(compiled)
        settings = (short, f"training.compile={compiled}", "model.corruption.drop=0.1")
        done = ended(folder, *settings, TORCHINDUCTOR_CACHE_DIR=str(cache))
        assert done.returncode == 0, done.stderr
        found[compiled] = load_file(folder / "tiny/model/model.safetensors")
    assert len(list(cache.rglob("*.so"))) >= 3  # the trial, an encoder, a decoder
    assert found[True].keys() == found[False].keys()
    for name, weight in found[False].items():
        torch.testing.assert_close(found[True][name], weight, rtol=0, atol=2e-5)


def test_without_a_compiler_nothing_is_begun(tmp_path):
    cache = str(tmp_path / "kernels")
    done = ended(
        tmp_path / "runs", "training.compile=true", CXX="/bin/false", TORCHINDUCTOR_CACHE_DIR=cache
    )
    assert done.returncode == 1 and not (tmp_path / "runs").exists()
    [line] = done.stderr.splitlines()
    assert line.startswith("swae-text: training.compile: ") and "compiler" in line
    assert line.endswith("install g++, or set training.compile=false")


def test_what_has_nothing_to_compile_is_refused():
    kinds = ["model.encoder.kind=lstm", "model.decoder.kind=lstm"]
    with pytest.raises(ConfigError, match=r"training\.compile: LSTMs are kernels already"):
        load_config(ROOT / "configs/tiny.yaml", [*kinds, "training.compile=true"])
