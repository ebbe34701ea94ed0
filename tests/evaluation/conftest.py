"""One tiny model, its corpus's referees, and rewrites to judge it by."""

import json
from pathlib import Path

import pytest

from swae_text.corpora.store import prepare
from swae_text.evaluation.judges import Judges
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.space import SentenceSpace


@pytest.fixture(scope="session")
def space(tiny_run: Path) -> SentenceSpace:
    return SentenceSpace.from_pretrained(tiny_run / "model")


@pytest.fixture(scope="session")
def judges(space: SentenceSpace) -> Judges:
    config = space.config
    corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, lambda line: None)
    return Judges(corpus, lambda line: None)


@pytest.fixture
def small() -> EvaluationConfig:
    return EvaluationConfig(
        parts=("reconstruction", "samples", "latent"),
        samples=120,
        neighbours=20,
        paths=4,
        lms=("ngrams",),
        strengths=(1.0, 4.0),
        confidences=(0.6, 0.8),
    )


@pytest.fixture
def references(tmp_path: Path) -> Path:
    rows = [
        {
            "text": f"the cook was kind and quick {when} .",
            "label": "liked",
            "references": [
                f"the cook {did} {when} ." for did in ("was rude", "shouted", "left", "sat")
            ],
        }
        for when in ("today", "again", "on monday")
    ]
    path = tmp_path / "references.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
