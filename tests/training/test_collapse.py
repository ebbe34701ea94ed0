import pytest
import torch

from swae_text.config import load_config
from swae_text.training.collapse import describe, signs
from swae_text.training.events import Note
from swae_text.training.run import train


def test_a_unit_is_active_if_its_mean_varies(tmp_path):
    z = torch.zeros(50, 4)
    z[:, 0] = torch.linspace(-1, 1, 50)
    z[:, 1] = 7.0 + 0.01 * torch.randn(50, generator=torch.Generator().manual_seed(0))
    assert signs(z, ["a"] * 50, ["a"] * 50)["valid_active"] == 0.25


@pytest.mark.parametrize(("written", "distinct"), [("abc", 1), ("xxx", 0), ("axx", 0.5)])
def test_a_decoder_that_reads_nothing_writes_one_sentence(written, distinct):
    found = signs(torch.randn(3, 2), "abc", written)
    assert found["valid_distinct"] == distinct
    assert (describe(found) is not None) == (distinct == 0)


def test_one_sentence_tells_nothing():
    assert describe(signs(torch.randn(1, 2), ["a"], ["a"])) is None


def test_a_referee_knows_no_collapse():
    assert describe({"held_out_nats": 1.0}) is None


@pytest.mark.parametrize(("beta", "collapses"), [(0.0, False), (1000.0, True)])
def test_a_vae_that_is_pressed_too_hard_collapses(beta, collapses, sentences, tmp_path):
    regulariser = f"{{kind: kl, weight: {beta}, anneal: 0}}"
    settings = [f"corpus.source={sentences}", "tokenizer.vocab_size=300", "stage_two=null"]
    settings += [f"model.regulariser={regulariser}", "model.normalise=false"]
    settings += ["training.stage_one={steps: 80, evaluate_every: 80}"]
    settings += ["training.stage_one.optimiser={learning_rate: 0.004, warmup: 10}"]
    heard = []
    tiny = "configs/tiny.yaml"
    train(load_config(tiny, settings), tmp_path / "run", report=heard.append)
    said = [event.text for event in heard if isinstance(event, Note)]
    assert any(line.startswith("collapse: 0 % of the units") for line in said) == collapses
