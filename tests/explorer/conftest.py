"""One explorer over a small model, with an attribute and a corpus, for all of these tests."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from starlette.testclient import TestClient

from swae_text.config import load_config
from swae_text.explorer.attributes import load
from swae_text.explorer.operations import Explorer
from swae_text.explorer.server import application
from swae_text.explorer.survey import Survey
from swae_text.latent.attributes import fit_attribute
from swae_text.space import SentenceSpace
from swae_text.training.run import train
from swae_text.vectors import save_vector

HOME = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def run(fluent_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with both stages, the first of which writes English."""
    config = load_config(fluent_run / "config.yaml", ("training.stage_two.steps=200",))
    folder = tmp_path_factory.mktemp("runs") / "both"
    train(config, folder, stage_one_from=fluent_run)
    return folder


@pytest.fixture(scope="session")
def space(run: Path) -> SentenceSpace:
    return SentenceSpace.from_pretrained(run / "model")


@pytest.fixture(scope="session")
def corpus(sentences: Path) -> tuple[list[str], list[str | None]]:
    rows = [json.loads(line) for line in sentences.read_text().splitlines()]
    return [row["text"] for row in rows], [row["label"] for row in rows]


@pytest.fixture(scope="session")
def attribute(space, corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the direction from hated to liked."""
    texts, labels = corpus
    liked = torch.tensor([label == "liked" for label in labels])
    vector = fit_attribute(space.encode(texts), liked, positive="liked", negative="hated")
    path = tmp_path_factory.mktemp("attributes") / "opinion.safetensors"
    save_vector(vector, path, space="latent")
    return path


@pytest.fixture(scope="session")
def explorer(space, corpus, attribute, sentences, run) -> Explorer:
    attributes, name = load(space, [attribute])
    survey = Survey(space, name, *corpus, source=str(sentences))
    return Explorer(space, survey, attributes, str(run / "model"))


@pytest.fixture(scope="session")
def client(explorer: Explorer) -> Iterator[TestClient]:
    """The API, once the survey is finished."""
    with TestClient(application(explorer), base_url=HOME) as client:
        while not client.get("/api/model").json()["survey"]["finished"]:
            time.sleep(0.05)
        yield client
