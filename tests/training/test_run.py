"""Whole runs: what is written, going on where it stopped, and what is refused."""

import json
import os
import shutil
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from swae_text.config import RunConfig, load_config
from swae_text.corpora.windows import Stream
from swae_text.errors import CheckpointError, ConfigError
from swae_text.space import SentenceSpace
from swae_text.training.events import Evaluated, Event, Saved, StageStarted, StepDone
from swae_text.training.run import train

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
            "model.corruption={drop: 0.1}",
            "model.encoder.dropout=0.1",
            "training.stage_one={steps: 12, evaluate_every: 6, checkpoint_every: 5}",
            "training.stage_two={steps: 10, evaluate_every: 6, checkpoint_every: 4}",
            "training.stage_two.batch_size=32",
        ],
    )


def changed(config: RunConfig, **training: object) -> RunConfig:
    tree = config.model_dump()
    for stage, settings in training.items():
        tree["training"][stage] |= settings
    return RunConfig.model_validate(tree)


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "model" / "model.safetensors")


def test_a_run_writes_what_it_promises(config, tmp_path):
    model = train(config, tmp_path / "run")
    assert model == tmp_path / "run" / "model"
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == [
        ("one", 6),
        ("one", 12),
        ("two", 6),
        ("two", 10),
    ]
    assert load_config(tmp_path / "run/config.yaml") == config
    assert len(SentenceSpace.from_pretrained(model).sample(3)) == 3
    assert len(list((tmp_path / "run/checkpoints").glob("stage-one-*"))) == 2


def test_equal_seeds_give_equal_weights_and_others_do_not(config, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(config.model_copy(update={"seed": seed}), tmp_path / name)
    a, b, c = (weights(tmp_path / name) for name in "abc")
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert not torch.equal(a["autoencoder.embedding.weight"], c["autoencoder.embedding.weight"])


class Interrupting:
    """Stops a run with Ctrl-C at its nth checkpoint."""

    def __init__(self, saved: int) -> None:
        self.left = saved

    def __call__(self, event: Event) -> None:
        self.left -= isinstance(event, Saved)
        if isinstance(event, Saved) and self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("regulariser", ["none", "adversarial"])
@pytest.mark.parametrize("saved", [1, 2, 5])
def test_an_interrupted_run_ends_with_the_same_weights(config, tmp_path, saved, regulariser):
    tree = config.model_dump()
    tree["model"]["regulariser"] = {"kind": regulariser}
    tree["stage_two"]["divergence"] = {"kind": "adversarial", "hidden": 16}
    config = RunConfig.model_validate(tree)
    train(config, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "stopped", report=Interrupting(saved))
    train(config, tmp_path / "stopped", resume=True)
    straight, stopped = weights(tmp_path / "straight"), weights(tmp_path / "stopped")
    assert all(torch.equal(straight[key], stopped[key]) for key in straight)
    ours, theirs = ((tmp_path / name / "metrics.jsonl") for name in ("straight", "stopped"))
    steps = [
        [json.loads(row)["step"] for row in path.read_text().splitlines()]
        for path in (ours, theirs)
    ]
    assert steps[0] == steps[1]


@pytest.mark.parametrize("saved", [1, 2, 3])
def test_a_streamed_run_resumes_in_the_middle_of_a_window(config, sentences, tmp_path, saved):
    rows = [json.loads(line) for line in sentences.read_text().splitlines()]
    for number in range(3):
        table = pa.Table.from_pylist(rows[number::3])
        pq.write_table(table, tmp_path / f"train-{number}-of-3.parquet", row_group_size=30)
    tree = config.model_dump()
    tree["corpus"] |= {"source": str(tmp_path), "window": 22, "valid_size": 6, "test_size": 6}
    tree["training"]["stage_one"] |= {"batch_tokens": 200, "checkpoint_every": 3}
    config = RunConfig.model_validate(tree)
    read: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        whole = Stream.read
        patch.setattr(Stream, "read", lambda self, n: read.append(n) or whole(self, n))
        told: list[Event] = []
        train(config, tmp_path / "straight", report=told.append)
        assert read[:3] == [0, 1, 2]
        assert any("training sentences in the first of 11 windows" in str(event) for event in told)
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path / "stopped", report=Interrupting(saved))
        train(config, tmp_path / "stopped", resume=True)
    straight, stopped = weights(tmp_path / "straight"), weights(tmp_path / "stopped")
    assert all(torch.equal(straight[key], stopped[key]) for key in straight)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_between_checkpoints_loses_nothing(config, tmp_path, number):
    def signalling(event: Event) -> None:
        if isinstance(event, Evaluated) and (event.stage, event.step) == ("two", 6):
            os.kill(os.getpid(), number)

    train(config, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "stopped", report=signalling)
    assert (tmp_path / "stopped/checkpoints/stage-two-00000006.ckpt").exists()
    train(config, tmp_path / "stopped", resume=True)
    straight, stopped = weights(tmp_path / "straight"), weights(tmp_path / "stopped")
    assert all(torch.equal(straight[key], stopped[key]) for key in straight)


def test_an_existing_run_is_not_touched_unasked(config, tmp_path):
    train(config, tmp_path / "run", stages="one")
    before = weights(tmp_path / "run")
    with pytest.raises(ConfigError, match="--resume"):
        train(config, tmp_path / "run")
    other = config.model_copy(update={"seed": 5})
    with pytest.raises(ConfigError, match="seed"):
        train(other, tmp_path / "run", resume=True)
    after = weights(tmp_path / "run")
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_another_stage_two_is_refused_before_anything_is_written(config, tmp_path):
    train(config, tmp_path / "run")
    before = (tmp_path / "run/config.yaml").read_bytes(), weights(tmp_path / "run")
    tree = config.model_dump()
    tree["stage_two"]["divergence"] = {"kind": "sliced"}
    other = RunConfig.model_validate(tree)
    with pytest.raises(ConfigError, match="stage_two"):
        train(other, tmp_path / "run", resume=True)
    assert (tmp_path / "run/config.yaml").read_bytes() == before[0]
    train(other, tmp_path / "run", stages="two")  # which trains it again


def test_a_finished_run_that_goes_on_keeps_its_stage_two_meanwhile(config, tmp_path):
    train(config, tmp_path / "run")
    seen = []

    def look(event):
        if isinstance(event, StageStarted):
            seen.append(any(key.startswith("stage_two.") for key in weights(tmp_path / "run")))

    train(config, tmp_path / "run", resume=True, report=look)
    assert seen == [True, True]


def test_overwriting_spares_what_the_run_begins_with(config, tmp_path):
    run = tmp_path / "run"
    train(config, run, stages="one")
    (tmp_path / "link").symlink_to(run)
    model = str(run / "model")
    begun = config.model_dump()
    begun["training"]["stage_one"]["start"] = model
    with pytest.raises(ConfigError, match="would throw away"):
        train(config, run, stages="two", overwrite=True)
    with pytest.raises(ConfigError, match="would throw away"):
        train(config, run, stages="two", stage_one_from=tmp_path / "link", overwrite=True)
    with pytest.raises(ConfigError, match="would throw away"):
        train(RunConfig.model_validate(begun), run, overwrite=True)
    assert weights(run)


def test_other_sentences_are_no_run_to_go_on_with(config, sentences, tmp_path):
    copy = tmp_path / sentences.name
    shutil.copy(sentences, copy)
    source = config.model_dump()
    source["corpus"]["source"] = str(copy)
    moved = RunConfig.model_validate(source)
    train(moved, tmp_path / "run")
    os.utime(copy, (1, 1))  # only touched: nothing is learned anew
    told = []
    train(moved, tmp_path / "run", resume=True, report=told.append)
    assert not [event for event in told if isinstance(event, StepDone)]
    copy.write_text(copy.read_text().replace("the", "then"))
    for again in ({"resume": True}, {"stages": "two"}):
        with pytest.raises(CheckpointError, match="other sentences"):
            train(moved, tmp_path / "run", **again)


def test_a_stop_at_the_very_end_of_a_stage_is_a_stop(config, tmp_path):
    last = config.training.stage_one.steps

    def stop(event):
        if isinstance(event, Evaluated) and (event.stage, event.step) == ("one", last):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "run", report=stop)
    assert not list(tmp_path.glob("run/checkpoints/stage-two-*"))


def test_a_folder_that_is_no_run_is_refused_even_with_overwrite(config, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="not a run"):
        train(config, tmp_path, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_longer_budget_prolongs_a_run(config, tmp_path):
    train(config, tmp_path / "run", stages="one")
    longer = changed(config, stage_one={"steps": 18})
    train(longer, tmp_path / "run", stages="one", resume=True)
    rows = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [6, 12, 18]


def beginning_with(model: Path, config: RunConfig, **stage_one: object) -> RunConfig:
    tree = changed(config, stage_one={"start": str(model)} | stage_one).model_dump()
    tree["tokenizer"]["path"] = str(model / "tokenizer.model")
    tree["corpus"]["max_sentences"] = 100  # other text: the pieces of a tokenizer differ, too
    return RunConfig.model_validate(tree)


def test_a_run_begins_with_the_weights_of_another(config, tmp_path):
    model = train(config, tmp_path / "first", stages="one")
    still = {"learning_rate": 1e-30, "weight_decay": 0.0}
    train(beginning_with(model, config, optimiser=still), tmp_path / "second", stages="one")
    first, second = weights(tmp_path / "first"), weights(tmp_path / "second")
    assert all(torch.allclose(first[key], second[key]) for key in first)
    train(beginning_with(model, config), tmp_path / "third", stages="one")
    third = weights(tmp_path / "third")
    assert not torch.allclose(
        first["autoencoder.embedding.weight"], third["autoencoder.embedding.weight"]
    )


@pytest.mark.parametrize(("weight", "head"), [("bag_of_words", "bag"), ("label_weight", "label")])
def test_a_head_that_only_the_loss_uses_may_be_new(config, tmp_path, weight, head):
    model = train(config, tmp_path / "first", stages="one")
    tree = beginning_with(model, config).model_dump()
    tree["model"][weight] = 0.5
    second = train(RunConfig.model_validate(tree), tmp_path / "second", stages="one")
    assert f"autoencoder.{head}.weight" in weights(tmp_path / "second")
    rows = map(json.loads, (tmp_path / "second/metrics.jsonl").read_text().splitlines())
    assert all(row["loss_" + weight.removesuffix("_weight")] > 0 for row in rows)
    assert SentenceSpace.from_pretrained(second).encode("the soup was cold .").shape[0] == 1
    tree = beginning_with(second, config).model_dump()  # and may go again
    train(RunConfig.model_validate(tree), tmp_path / "third", stages="one")
    assert f"autoencoder.{head}.weight" not in weights(tmp_path / "third")


def test_labels_that_are_to_be_read_have_to_be_there(config, tmp_path):
    tree = config.model_dump()
    tree["model"]["label_weight"] = 1.0
    tree["corpus"]["label"] = ""
    with pytest.raises(ConfigError, match=r"label_weight.*--set corpus\.label=COLUMN"):
        train(RunConfig.model_validate(tree), tmp_path / "run")


def test_only_weights_that_fit_are_begun_with(config, tmp_path):
    model = train(config, tmp_path / "first", stages="one")
    tree = beginning_with(model, config).model_dump()
    tree["model"]["slots"] = 2
    with pytest.raises(ConfigError, match=r"another shape: .*size mismatch"):
        train(RunConfig.model_validate(tree), tmp_path / "second")
    tree["tokenizer"]["path"] = None
    with pytest.raises(ConfigError, match=r"--set tokenizer\.path=.*tokenizer\.model"):
        train(RunConfig.model_validate(tree), tmp_path / "third")


def under_latent_noise(model: Path, config: RunConfig) -> RunConfig:
    tree = beginning_with(model, config).model_dump()
    tree["model"] |= {"latent_noise": 0.5, "noise_levels": "uniform"}
    return RunConfig.model_validate(tree)


def test_noise_in_the_latents_of_a_model_trains_its_decoder_alone(config, tmp_path):
    config = under_latent_noise(train(config, tmp_path / "first"), config)
    space = SentenceSpace.from_pretrained(train(config, tmp_path / "second"))
    assert space.stage_two is not None and len(space.sample(3)) == 3
    rows = map(json.loads, (tmp_path / "second/metrics.jsonl").read_text().splitlines())
    assert {row["stage"] for row in rows} == {"one"}  # its stage two was there
    first, second = weights(tmp_path / "first"), weights(tmp_path / "second")
    changed = {key.split(".")[1] for key in first if not torch.equal(first[key], second[key])}
    assert changed == {"decoder", "read", "output_bias"}
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "stopped", report=Interrupting(1))
    train(config, tmp_path / "stopped", resume=True)
    again = weights(tmp_path / "stopped")
    assert all(torch.equal(second[key], again[key]) for key in second)


def test_noise_in_latents_needs_a_model_that_has_them(config, tmp_path):
    model = train(config, tmp_path / "first", stages="one")
    with pytest.raises(ConfigError, match="no stage two"):
        train(under_latent_noise(model, config), tmp_path / "second")
    train(config, tmp_path / "first", stages="two")
    tree = under_latent_noise(model, config).model_dump()
    tree["stage_two"]["divergence"] = {"kind": "sliced"}
    with pytest.raises(ConfigError, match="has other settings"):
        train(RunConfig.model_validate(tree), tmp_path / "third")
    tree["training"]["stage_one"]["start"] = None
    with pytest.raises(ConfigError, match="name it, --from"):
        train(RunConfig.model_validate(tree), tmp_path / "fourth")


def test_stage_two_alone_needs_stage_one(config, tmp_path):
    with pytest.raises(CheckpointError, match="stage one"):
        train(config, tmp_path / "run", stages="two")
    shutil.rmtree(tmp_path / "run")
    train(config, tmp_path / "run", stages="one")
    train(config, tmp_path / "run", stages="two")
    train(config, tmp_path / "straight")
    apart, straight = weights(tmp_path / "run"), weights(tmp_path / "straight")
    assert any(key.startswith("stage_two.") for key in apart)
    assert all(torch.equal(apart[key], straight[key]) for key in straight)


def test_finetuning_judges_what_the_codes_say(config, tmp_path):
    tuned = changed(config, stage_two={"finetune_steps": 5})
    train(tuned, tmp_path / "run")
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert ["loss_said" in row for row in rows if row["stage"] == "two"] == [True, True]


def test_minutes_end_a_run(config, tmp_path):
    short = changed(config, stage_one={"steps": 100_000, "minutes": 0.02, "evaluate_every": 50_000})
    train(short, tmp_path / "run", stages="one")
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert len(rows) == 1 and rows[0]["step"] < 100_000
