"""Precision: what is asked for is what the loss is computed in."""

import os
from pathlib import Path

import pytest
import torch

from swae_text.config import TrainingConfig, load_config
from swae_text.nn.kernels import FEW
from swae_text.space import SentenceSpace
from swae_text.training import stage_one
from swae_text.training.engine import Engine, gains_from_bfloat16
from swae_text.training.run import train

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("precision", "enabled"), [("bfloat16", True), ("float32", False)])
def test_the_loss_is_computed_in_the_precision_asked_for(
    precision, enabled, sentences, tmp_path, monkeypatch
):
    seen: list[bool] = []
    loss = stage_one.StageOne.loss

    def watched(self, *arguments):
        seen.append(torch.is_autocast_enabled("cpu"))
        return loss(self, *arguments)

    monkeypatch.setattr(stage_one.StageOne, "loss", watched)
    settings = [f"corpus.source={sentences}", "tokenizer.vocab_size=300"]
    settings += ["training.stage_one.steps=2", f"training.precision={precision}"]
    train(load_config(ROOT / "configs/tiny.yaml", settings), tmp_path / "run", stages="one")
    assert seen == [enabled, enabled]


def test_auto_is_one_of_the_two():
    engine = Engine(TrainingConfig(), seed=0)
    assert engine.precision == ("bfloat16" if gains_from_bfloat16() else "float32")


def test_few_kernels_are_kept_unless_the_user_says_how_many(monkeypatch):
    name, few = FEW
    monkeypatch.delenv(name, raising=False)
    Engine(TrainingConfig(precision="float32"), seed=0)
    assert os.environ[name] == few
    monkeypatch.setenv(name, "500")
    Engine(TrainingConfig(precision="float32"), seed=0)
    assert os.environ[name] == "500"
    monkeypatch.delenv(name)
    SentenceSpace.from_pretrained("yelp-small")
    assert os.environ[name] == few
