"""A pickle that would run something, in every place that weights or a state are read from."""

import io
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from swae_text.corpora.store import cache_folder
from swae_text.errors import ModelFolderError
from swae_text.evaluation.judges import Judges
from swae_text.referees.classifier import Classifier
from swae_text.referees.language_model import RecurrentLM
from swae_text.sealed import write_sealed

HARM = Path("harm")  # in the working directory, which is the test's


class Evil:
    """Makes a file when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (HARM,)


def _bytes(save, thing):
    file = io.BytesIO()
    save(thing, file)
    return file.getvalue()


PAYLOADS = {
    "pickle": pickle.dumps(Evil(), protocol=2),
    "torch": _bytes(torch.save, {"module": Evil()}),
    "yaml": f"!!python/object/apply:pathlib.Path.touch [{HARM}]\n".encode(),
}
payload = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)


@pytest.fixture(autouse=True)
def nothing_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert not HARM.exists()


def refused(result):
    assert (result.code, result.out) == (1, "") and result.err.startswith("swae-text: ")
    assert result.err.count("\n") == 1


def test_the_payloads_do_harm_where_they_are_believed():
    for load in (
        lambda: pickle.loads(PAYLOADS["pickle"]),
        lambda: torch.load(io.BytesIO(PAYLOADS["torch"]), weights_only=False),
    ):
        load()
        assert HARM.exists()
        HARM.unlink()


@payload
@pytest.mark.parametrize("name", ["config.yaml", "model.safetensors", "tokenizer.model"])
def test_a_model_folder(tiny_run, tmp_path, command, name, payload):
    model = shutil.copytree(tiny_run / "model", tmp_path / "model")
    files = {path.name: path.read_bytes() for path in model.iterdir()} | {name: payload}
    write_sealed(model, files)  # the checksums are right
    refused(command("sample", model))
    (model / "checksums.json").write_bytes(payload)
    refused(command("info", model))


@payload
def test_attributes_vectors_and_settings(tiny_run, tmp_path, command, payload):
    evil = tmp_path / "evil.jsonl"
    evil.write_bytes(payload)
    refused(command("attribute", "apply", tiny_run, evil, stdin="the cook .\n"))
    refused(command("decode", tiny_run, evil))
    refused(command("train", evil))


@payload
def test_checkpoints(tiny_run, tmp_path, command, payload):
    run = shutil.copytree(tiny_run, tmp_path / "runs" / "tiny")
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(payload)
    resumed = command("train", run / "config.yaml", "--resume", "--runs-dir", run.parent)
    assert resumed.code == 1 and "checkpoints" in resumed.err.splitlines()[-1]
    assert "Traceback" not in resumed.err


@pytest.mark.parametrize("name", [*PAYLOADS, "npy"])
def test_codes_are_computed_again(tiny_run, tmp_path, command, name):
    run = shutil.copytree(tiny_run, tmp_path / "runs" / "tiny")
    objects = _bytes(lambda array, file: np.save(file, array), np.array([Evil()], dtype=object))
    (run / "codes/train.npy").write_bytes({**PAYLOADS, "npy": objects}[name])
    again = ("train", run / "config.yaml", "--stage", "two", "--runs-dir", run.parent)
    assert command(*again, "--set", "training.stage_two.steps=1").code == 0
    assert np.load(run / "codes/train.npy").dtype == np.float32


@payload
def test_a_prepared_corpus_is_prepared_again(tiny_run, tmp_path, monkeypatch, command, payload):
    monkeypatch.setenv("SWAE_TEXT_CACHE", str(tmp_path / "cache"))
    prepare = ("data", "prepare", tiny_run / "config.yaml")
    assert command(*prepare).code == 0
    (folder,) = cache_folder().iterdir()
    for name in ("train.arrow", "meta.json", "tokenizer.model"):
        (folder / name).write_bytes(payload)
        again = command(*prepare)
        assert again.code == 0 and "is damaged" in again.err


@payload
def test_referees_and_what_they_have_said(tmp_path, payload):
    for kind in (RecurrentLM, Classifier):
        names = ("referee.json", "model.safetensors", "tokenizer.model")
        write_sealed(tmp_path, dict.fromkeys(names, payload))
        with pytest.raises(ModelFolderError):
            kind.load(tmp_path)
    judges = Judges.__new__(Judges)
    judges.folder = tmp_path
    (tmp_path / "row.json").write_bytes(payload)
    assert judges.kept("row", lambda: [1]) == [1]


@payload
def test_results_of_a_benchmark(sentences, tmp_path, command, payload):
    (tmp_path / "base.yaml").write_text("corpus: {source: " + json.dumps(str(sentences)) + "}\n")
    (tmp_path / "plain.yaml").write_text("{}\n")
    benchmark = "name: b\nbase: [base.yaml]\nmethods: [{method: plain.yaml}]\n"
    (tmp_path / "b.yaml").write_text(benchmark)
    results = tmp_path / "results" / "b"
    results.mkdir(parents=True)
    (results / "plain-seed0-test-0.json").write_bytes(payload)
    refused(command("benchmark", "b.yaml", "--render-only", "--results", results.parent))
