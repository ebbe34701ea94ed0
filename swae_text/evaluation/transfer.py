"""Attribute transfer by vector arithmetic: z + s · v towards the other label, judged by referees.

    v = mean z of one label - mean z of the other (training split)        Shen et al. (2020)

The strength ``s`` is chosen on the validation split; the sentences with human references are
looked at once, with that strength.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from swae_text.errors import CorpusError
from swae_text.evaluation.judges import Judges
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.latent.attributes import AttributeVector, apply, fit_attribute
from swae_text.metrics.transfer import transfer_row, transfer_table
from swae_text.referees.classifier import Classifier
from swae_text.space import SentenceSpace

_LEARN, _CHOOSE = 20_000, 500  # sentences that the vector and its strength are learned from


@dataclass(frozen=True)
class TransferTask:
    """Sentences to rewrite, with what people wrote for them.

    Attributes:
        texts: sources, normalised as the corpus is.
        labels: their labels, of exactly two.
        references: human rewrites of each, in one order of writers.
    """

    texts: list[str]
    labels: list[str]
    references: list[list[str]]


def transfer_rows(
    space: SentenceSpace, task: TransferTask, judges: Judges, config: EvaluationConfig
) -> dict[str, Any]:
    """The rows ``copy``, ``human 0`` … and ``vector``; the classifiers' own accuracy; the strength.

    Raises:
        CorpusError: the labels are not the two of the corpus.
    """
    classifiers = {kind: judges.classifier(kind) for kind in ("ngrams", "cnn")}
    vector = _vector(space, judges)
    tried = _tried(space, vector, judges, classifiers["ngrams"], config)
    strength = max(tried, key=lambda s: tried[s]["g_accuracy_self"]["ngrams"])
    rows = transfer_table(
        {"vector": _moved(space, task.texts, task.labels, vector, strength)},
        task.texts,
        task.references,
        [_other(label, vector) for label in task.labels],
        {kind: classifier.predict for kind, classifier in classifiers.items()},
        judges.ngrams.perplexity,
    )
    test_texts, test_labels = judges.labelled("test")
    own = {k: c.accuracy(test_texts, test_labels) for k, c in classifiers.items()}
    return {
        "rows": [row.to_dict() for row in rows],
        "strength": strength,
        "tried_on_valid": {str(s): _short(row) for s, row in tried.items()},
        "classifiers": {
            kind: {"signature": c.signature, "test_accuracy": own[kind], "n": len(test_texts)}
            for kind, c in classifiers.items()
        },
        "lm": judges.ngrams.signature,
    }


def _vector(space: SentenceSpace, judges: Judges) -> AttributeVector:
    """The mean difference between the two labels of the corpus."""
    names = judges.corpus.labels
    if len(names) != 2:
        raise CorpusError(f"transfer goes between two labels and the corpus has {len(names)}")
    texts, labels = judges.labelled_sample(_LEARN, seed=0)
    z = space.encode(texts)
    positive = torch.tensor([label == names[1] for label in labels], device=z.device)
    return fit_attribute(z, positive, positive=names[1], negative=names[0])


def _tried(
    space: SentenceSpace,
    vector: AttributeVector,
    judges: Judges,
    classifier: Classifier,
    config: EvaluationConfig,
) -> dict[float, dict[str, Any]]:
    """Each strength on validation sentences, without references."""
    texts, labels = (part[:_CHOOSE] for part in judges.labelled("valid"))
    targets = [_other(label, vector) for label in labels]
    rows = {}
    for strength in config.strengths:
        outputs = _moved(space, texts, labels, vector, strength)
        judge = {"ngrams": classifier.predict}
        none: list[list[str]] = [[] for _ in texts]
        row = transfer_row("vector", texts, outputs, none, targets, judge)
        rows[strength] = row.to_dict()
    return rows


def _moved(
    space: SentenceSpace,
    texts: Sequence[str],
    labels: Sequence[str],
    vector: AttributeVector,
    strength: float,
) -> list[str]:
    """Sentences moved towards the other label."""
    z = space.encode(texts)
    away = [-strength if label == vector.positive else strength for label in labels]
    return space.decode(apply(z, vector, torch.tensor(away)))


def _other(label: str, vector: AttributeVector) -> str:
    if label not in (vector.positive, vector.negative):
        raise CorpusError(
            f"label '{label}' is not one of the corpus: {vector.negative}, {vector.positive}"
        )
    return vector.negative if label == vector.positive else vector.positive


def _short(row: dict[str, Any]) -> dict[str, float]:
    return {
        "accuracy": row["accuracy"]["ngrams"],
        "self_bleu": row["self_bleu"]["corpus"],
        "g_accuracy_self": row["g_accuracy_self"]["ngrams"],
    }
