"""The method zoo: every file in ``configs/methods`` trains and samples over one base."""

import json
from pathlib import Path

import pytest
import torch

from swae_text.config import load_config
from swae_text.errors import ConfigError
from swae_text.space import SentenceSpace
from swae_text.training.events import Event, Saved
from swae_text.training.run import train

ROOT = Path(__file__).resolve().parents[2]
METHODS = sorted((ROOT / "configs/methods").glob("*.yaml"))


def settings(sentences: Path, *methods: Path, **more: str):
    overrides = {
        "corpus.source": sentences,
        "corpus.valid_size": 20,
        "corpus.test_size": 20,
        "tokenizer.vocab_size": 300,
        "training.stage_one": "{steps: 6, evaluate_every: 6, checkpoint_every: 6}",
        **more,
    }
    tiny = ROOT / "configs/tiny.yaml"
    return load_config([tiny, *methods], [f"{key}={value}" for key, value in overrides.items()])


def stopping(event: Event) -> None:
    """Ctrl-C at a checkpoint in the middle of a stage."""
    if isinstance(event, Saved) and event.path.stem in ("stage-one-00000004", "stage-two-00000002"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("method", METHODS, ids=lambda path: path.stem)
def test_every_method_trains_samples_and_goes_on_where_it_stopped(method, sentences, tmp_path):
    often = {
        "training.stage_one.checkpoint_every": "4",
        "model.encoder.dropout": "0.1",
        "model.corruption.drop": "0.1",
    }
    config = settings(sentences, method, **often)
    two = config.stage_two is not None and config.training.stage_two.steps > 0
    if two:
        often |= {"training.stage_two.steps": "4", "training.stage_two.checkpoint_every": "2"}
        config = settings(sentences, method, **often)
    for _ in range(1 + two):
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path / "stopped", resume=True, report=stopping)
    ours = train(config, tmp_path / "stopped", resume=True) / "model.safetensors"
    assert ours.read_bytes() == (train(config, tmp_path / "run") / ours.name).read_bytes()
    space = SentenceSpace.from_pretrained(ours.parent)
    assert len(space.sample(5, seed=1)) == 5
    assert space.sample(5, seed=1) == space.sample(5, seed=1)
    assert (space.stage_two is None) == (config.stage_two is None)
    rows = [json.loads(row) for row in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert ("loss_divergence" in rows[0]) == (config.model.regulariser.kind != "none")


def test_a_label_that_training_knew_can_be_asked_for(sentences, tmp_path):
    few = {"training.stage_two.steps": "4"}
    config = settings(sentences, ROOT / "configs/methods/swae-labels.yaml", **few)
    space = SentenceSpace.from_pretrained(train(config, tmp_path / "run"))
    prior = space.prior
    assert prior is not None and prior.labels == len(space.labels) == 2
    for place, label in enumerate(space.labels):
        generator = torch.Generator().manual_seed(0)
        z = space.sample_vectors(400, generator=generator, label=label)
        torch.testing.assert_close(z.mean(0), prior.means[place], atol=0.25, rtol=0)
        assert len(space.sample(3, label=label)) == 3
    with pytest.raises(ConfigError, match="is not one of"):
        space.sample(1, label="neither")


def test_a_stage_one_is_shared_by_several_second_stages(sentences, tmp_path):
    swae, gaussian = (ROOT / f"configs/methods/{name}.yaml" for name in ("swae", "gaussian"))
    few = {"training.stage_two.steps": "4"}
    first = train(settings(sentences, swae, **few), tmp_path / "swae")
    second = train(
        settings(sentences, gaussian), tmp_path / "gaussian", stage_one_from=tmp_path / "swae"
    )
    a, b = (SentenceSpace.from_pretrained(path) for path in (first, second))
    for ours, theirs in zip(a.autoencoder.parameters(), b.autoencoder.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert not (tmp_path / "gaussian/checkpoints").exists()


def test_another_stage_one_is_refused(sentences, tmp_path):
    swae, ae = (ROOT / f"configs/methods/{name}.yaml" for name in ("swae", "ae"))
    train(settings(sentences, swae), tmp_path / "swae", stages="one")
    with pytest.raises(ConfigError, match="another `model`"):
        train(settings(sentences, ae), tmp_path / "ae", stage_one_from=tmp_path / "swae")
    aae = ROOT / "configs/methods/aae.yaml"
    with pytest.raises(ConfigError, match="no stage two"):
        train(settings(sentences, aae), tmp_path / "aae", stages="two")
