"""Training the referees of an attribute: they learn, are repeatable, and survive odd text."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from swae_text.errors import ConfigError, CorpusError, ModelFolderError, TrainingError
from swae_text.referees.classifier import Classifier, train_classifier
from swae_text.referees.settings import CNNConfig, NgramsConfig
from swae_text.referees.vocabulary import WordVocabulary

SHARED = {
    "epochs": 8,
    "least_steps": 0,
    "batch_tokens": 256,
    "looks": 3,
    "held_out": 0.1,
    "precision": "float32",
    "optimiser": {"learning_rate": 0.02, "warmup": 5},
}
CONFIGS = {
    "ngrams": NgramsConfig.model_validate({**SHARED, "buckets": 512}),
    "cnn": CNNConfig.model_validate({**SHARED, "width": 16, "filters": 8}),
}
ODD = ["", "zebra", "zebra 🦓 ñandú", " ", "the", "rude " * 300]


@pytest.fixture(scope="module")
def rows(sentences: Path) -> tuple[list[str], list[str]]:
    rows = [json.loads(row) for row in sentences.read_text().splitlines()]
    return [row["text"] for row in rows], [row["label"] for row in rows]


@pytest.fixture(scope="module", params=["ngrams", "cnn"])
def trained(request, rows, tmp_path_factory) -> Classifier:
    folder = tmp_path_factory.mktemp("classifier")
    model = train_classifier(request.param, *rows, CONFIGS[request.param], 0, folder)
    assert [path.name for path in folder.iterdir()] == ["metrics.jsonl"]
    return model


def test_it_learns_what_can_be_told_apart(trained, rows):
    assert trained.accuracy(*rows) > 0.97
    assert trained.predict(["my sister was rude and slow", "the cook smiled at us"]) == [
        "hated",
        "liked",
    ]


def test_labels_are_sorted_and_the_signature_says_what_it_is(trained):
    assert trained.labels == ("hated", "liked")
    kind = trained.config.kind
    assert trained.signature.startswith(
        f"{kind}|words:{len(trained.vocabulary)}|labels:hated,liked"
    )
    assert trained.signature.endswith("|trained:216|float32|seed:0")


def test_any_text_has_probabilities_whatever_stands_beside_it(trained):
    together = trained.probabilities(ODD)
    assert together.shape == (len(ODD), 2) and together.dtype == np.float64
    np.testing.assert_allclose(together.sum(1), 1)
    alone = np.concatenate([trained.probabilities([text]) for text in ODD])
    np.testing.assert_allclose(together, alone, rtol=1e-4)
    assert trained.probabilities([]).shape == (0, 2)


def test_a_label_never_seen_is_missed(trained):
    assert trained.accuracy(["the cook"], ["loved"]) == 0
    with pytest.raises(CorpusError, match="pair up"):
        trained.accuracy(["the cook"], [])
    with pytest.raises(CorpusError, match="at least one"):
        trained.accuracy([], [])


def test_on_disk_it_is_the_same(trained, rows, tmp_path):
    trained.save(tmp_path)
    loaded = Classifier.load(tmp_path)
    assert (loaded.signature, loaded.labels) == (trained.signature, trained.labels)
    assert (loaded.config, loaded.vocabulary.words) == (trained.config, trained.vocabulary.words)
    assert (loaded.probabilities(rows[0]) == trained.probabilities(rows[0])).all()
    (tmp_path / "checksums.json").unlink()
    with pytest.raises(ModelFolderError, match="incomplete"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize("kind", ["ngrams", "cnn"])
def test_equal_seeds_give_equal_weights_and_others_do_not(kind, rows, tmp_path):
    config = CONFIGS[kind].model_copy(update={"most_steps": 8})
    a, b, c = (
        train_classifier(kind, *rows, config, seed, tmp_path).module.state_dict()
        for seed in (0, 0, 1)
    )
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["out.weight"], c["out.weight"])


def test_three_labels_in_any_order_of_rows(tmp_path):
    texts, labels = ["red red", "blue blue", "green green"] * 20, ["r", "b", "g"] * 20
    config = CONFIGS["ngrams"].model_copy(update={"least_steps": 60})
    model = train_classifier("ngrams", texts, labels, config, 0, tmp_path)
    assert model.labels == ("b", "g", "r")
    assert model.predict(texts) == labels


def test_what_cannot_be_trained_is_refused(rows, tmp_path):
    texts, labels = rows
    with pytest.raises(TrainingError, match="needs two"):
        train_classifier("cnn", texts, ["liked"] * len(texts), None, 0, tmp_path)
    with pytest.raises(CorpusError, match="pair up"):
        train_classifier("cnn", texts, labels[:-1], None, 0, tmp_path)
    with pytest.raises(ConfigError, match="'ngrams'"):
        train_classifier("cnn", texts, labels, CONFIGS["ngrams"], 0, tmp_path)


def test_words_are_numbered_by_frequency_then_spelling():
    words = WordVocabulary.of(["b a  c", "b c a", "b once"])
    assert words.words == ("b", "a", "c")
    assert [row.tolist() for row in words.encode(["a b new", ""])] == [[4, 3, 1, 2], [2]]
    assert len(words) == 6
