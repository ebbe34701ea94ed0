"""The models that come with the package: small, whole, documented, and used by name."""

import json
from pathlib import Path

import pytest
import torch

from swae_text.cli.app import main
from swae_text.errors import ModelFolderError
from swae_text.pretrained import find_attribute, find_model, own_attributes, shipped
from swae_text.space import SentenceSpace
from swae_text.vectors import load_vector

PLAIN = {
    "yelp-small": ["the food was great .", "the service was terrible ."],
    "snli-small": ["a man is sleeping .", "two dogs are running in the snow ."],
}


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_model_is_small_and_keeps_plain_sentences(name):
    folder = find_model(name)
    assert sum(file.stat().st_size for file in folder.rglob("*.*")) <= 12_000_000
    assert all(f"## {part}" in (folder / "README.md").read_text() for part in ("Figures", "Twenty"))
    space = SentenceSpace.from_pretrained(name)
    assert space.reconstruct(PLAIN[name]) == PLAIN[name]
    assert len(set(space.sample(8))) == 8
    for file in own_attributes(name):
        vector, fitted = load_vector(find_attribute(file.stem, name))
        assert len(vector.direction) == space.dim(fitted) and torch.isfinite(vector.direction).all()


def test_two_sentences_are_enough(capsys):
    ends = PLAIN["yelp-small"]
    assert main(["interpolate", *ends, "--steps", "5"]) == 0
    texts = [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()]
    assert [texts[0], texts[-1], len(texts)] == [*ends, 5]


def test_a_folder_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_model("yelp-small").is_dir()
    assert find_model("no-such-model") == Path("no-such-model")
    (tmp_path / "yelp-small").mkdir()
    with pytest.raises(ModelFolderError):
        SentenceSpace.from_pretrained("yelp-small")
