"""Referees belong to a training split, however a model's corpus is cut into pieces."""

import json

import pytest
import torch

from swae_text.config import CorpusConfig, TokenizerConfig
from swae_text.corpora.store import prepare
from swae_text.evaluation import transfer
from swae_text.evaluation.judges import Judges
from swae_text.latent.attributes import fit_attribute
from swae_text.referees.classifier import train_classifier
from swae_text.referees.settings import NgramsConfig


@pytest.fixture
def folder(sentences, tmp_path):
    def of(pieces=300, max_tokens=48, label=None, **corpus):
        rows = [json.loads(line) for line in sentences.read_text().splitlines()]
        for row in rows:
            row["label"] = label or row["label"]
        path = tmp_path / "opinions.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        config = CorpusConfig(source=str(path), valid_size=20, test_size=20, **corpus)
        made = prepare(config, TokenizerConfig(vocab_size=pieces), max_tokens, lambda line: None)
        return Judges(made, lambda line: None).folder

    return of


def test_equal_training_splits_share_their_referees(folder):
    assert folder() == folder(pieces=306) == folder(max_tokens=60)


def test_other_sentences_or_labels_have_referees_of_their_own(folder):
    others = [folder(), folder(max_sentences=150), folder(seed=1), folder(label="all")]
    assert len({path.name for path in others}) == len(others)


def test_labelled_sentences_are_chosen_by_seed_and_not_the_first(judges):
    texts, labels = judges.labelled("valid")
    chosen, theirs = judges.labelled_sample(10, seed=0, split="valid")
    assert chosen != texts[:10] and chosen == judges.labelled_sample(10, seed=0, split="valid")[0]
    assert set(zip(chosen, theirs, strict=True)) < set(zip(texts, labels, strict=True))


def test_settings_of_transfer_are_tried_on_both_labels_of_sorted_files(tmp_path, monkeypatch):
    for split, most in (("train", 60), ("dev", 20), ("test", 20)):
        for label, deed in enumerate(("shouted", "smiled")):
            lines = (f"the {split} {deed} at {row} of us .\n" for row in range(most))
            (tmp_path / f"opinions.{split}.{label}").write_text("".join(lines))
    config = CorpusConfig(source=str(tmp_path / "opinions"))
    judges = Judges(prepare(config, TokenizerConfig(vocab_size=290), 48, len), len)
    line = fit_attribute(torch.eye(4), torch.arange(4) > 1, negative="0", positive="1")
    asked = []

    def move(texts, targets, settings):
        asked.extend(targets)
        return {setting: list(texts) for setting in settings}

    monkeypatch.setattr(transfer, "_CHOOSE", 20)  # as many as there are of the first label
    brief = NgramsConfig(least_steps=1, buckets=16)
    classifier = train_classifier("ngrams", *judges.labelled("train"), brief, 0, tmp_path / "run")
    transfer._tried(move, (1.0,), line, judges, classifier)
    assert len(asked) == 20 and set(asked) == {"0", "1"}
