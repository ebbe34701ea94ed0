"""Attribute transfer in the latent space, judged by referees: along a line, and by edits.

    vector   z + s · v,   v = mean z of one label - mean z of the other        Shen et al. (2020)
    edit     steps uphill on a probe of the code's slots, chosen by a round trip    latent/edits.py

The strength ``s`` and the confidence that an edit has to reach are chosen on the validation split,
as faithful as still moves 80 % of the sentences, which is where published editors stand; the
sentences with human references are looked at once, with those. Two rows show what the space itself
costs: the sources and the first human rewrites, encoded and decoded.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from swae_text.errors import CorpusError
from swae_text.evaluation.judges import Judges
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.generation.decoding import Decoding
from swae_text.latent.attributes import AttributeVector, apply, fit_attribute
from swae_text.metrics.transfer import transfer_row, transfer_table
from swae_text.names import SpaceName
from swae_text.referees.classifier import Classifier
from swae_text.space import SentenceSpace

_LINE, _SLOTS = 20_000, 300_000  # sentences that the vector and the probe are learned from
_CHOOSE = 500  # validation sentences that the settings are chosen on
_ENOUGH = 0.8  # accuracy by the n-grams that a setting has to have there
_AT_ONCE = 256  # sentences that are edited together
_EXAMPLES = 50

Move = Callable[[Sequence[str], Sequence[str], Sequence[float]], dict[float, list[str]]]
"""Sentences, the labels they are to have, and settings, to sentences for each setting."""


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
    """The rows ``copy``, ``human 0`` … and ours; the classifiers' own accuracy; what was chosen.

    Raises:
        CorpusError: the labels are not the two of the corpus.
    """
    classifiers = {kind: judges.classifier(kind) for kind in ("ngrams", "cnn")}
    judges.tell("transfer: learning the line and the probes")
    line, slots = _line(space, judges), _slots(space, judges)
    targets = _others(task.labels, line)
    moves: dict[str, tuple[Move, tuple[float, ...]]] = {
        "vector": (lambda *asked: _along(space, line, *asked), config.strengths),
        "edit": (lambda *asked: _uphill(space, slots, config.beams, *asked), config.confidences),
    }
    tried: dict[str, dict[float, dict[str, float]]] = {}
    systems: dict[str, list[str]] = {}
    chosen: dict[str, float] = {}
    for name, (move, settings) in moves.items():
        judges.tell(f"transfer: {name}, {len(settings)} settings on validation sentences")
        tried[name] = _tried(move, settings, line, judges, classifiers["ngrams"])
        chosen[name] = _chosen(tried[name])
        judges.tell(f"transfer: {name} {chosen[name]}, {len(task.texts)} sentences")
        systems[name] = move(task.texts, targets, [chosen[name]])[chosen[name]]
    systems["reconstructed"] = space.reconstruct(task.texts)
    systems["human 0, reconstructed"] = _reconstructed(space, [row[0] for row in task.references])
    predict = {kind: classifier.predict for kind, classifier in classifiers.items()}
    rows = transfer_table(
        systems, task.texts, task.references, targets, predict, judges.ngrams.perplexity
    )
    test = judges.labelled("test")
    return {
        "rows": [row.to_dict() for row in rows],
        "chosen": chosen,
        "tried_on_valid": {
            name: {str(s): row for s, row in table.items()} for name, table in tried.items()
        },
        "probes": len(slots.probes),
        "probe_accuracy": slots.probe_accuracy,
        "examples": [
            {"source": text, **{name: outputs[row] for name, outputs in systems.items()}}
            for row, text in enumerate(task.texts[:_EXAMPLES])
        ],
        "classifiers": {
            kind: {"signature": c.signature, "test_accuracy": c.accuracy(*test), "n": len(test[0])}
            for kind, c in classifiers.items()
        },
        "lm": judges.ngrams.signature,
    }


def _line(space: SentenceSpace, judges: Judges) -> AttributeVector:
    """The mean difference between the two labels of the corpus, in the default space."""
    _, z, positive, names = _encoded(space, judges, _LINE, None)
    return fit_attribute(z, positive, negative=names[0], positive=names[1])


def _slots(space: SentenceSpace, judges: Judges) -> AttributeVector:
    """The same with probes of the slots, in code space, and a reader of the pieces."""
    texts, z, positive, names = _encoded(space, judges, _SLOTS, "code")
    return fit_attribute(
        z,
        positive,
        negative=names[0],
        positive=names[1],
        slots=space.slots("code"),
        tokens=space.pieces(texts),
        vocab_size=space.tokenizer.vocab_size,
    )


def _encoded(
    space: SentenceSpace, judges: Judges, most: int, name: SpaceName | None
) -> tuple[list[str], Float[Tensor, "n dim"], Bool[Tensor, " n"], tuple[str, ...]]:
    """Labelled training sentences, their vectors, which have the second label, and the labels."""
    names = judges.corpus.labels
    if len(names) != 2:
        raise CorpusError(f"transfer goes between two labels and the corpus has {len(names)}")
    texts, labels = judges.labelled_sample(most, seed=0)
    z = space.encode(texts, space=name)
    return texts, z, torch.tensor([label == names[1] for label in labels], device=z.device), names


def _tried(
    move: Move,
    settings: Sequence[float],
    vector: AttributeVector,
    judges: Judges,
    classifier: Classifier,
) -> dict[float, dict[str, float]]:
    """Each setting on validation sentences, without references."""
    texts, labels = judges.labelled_sample(_CHOOSE, seed=0, split="valid")
    targets, none = _others(labels, vector), [list[str]() for _ in texts]
    rows = {}
    for setting, outputs in move(texts, targets, settings).items():
        row = transfer_row("", texts, outputs, none, targets, {"ngrams": classifier.predict})
        rows[setting] = {
            "accuracy": row.accuracy["ngrams"],
            "self_bleu": row.self_bleu.corpus,
            "g_accuracy_self": row.g_accuracy_self["ngrams"],
            "n": row.n,
        }
    return rows


def _chosen(tried: Mapping[float, Mapping[str, float]]) -> float:
    """The most faithful setting that moves enough, a standard error to spare; else the best G."""

    def moves_enough(row: Mapping[str, float]) -> bool:
        right = row["accuracy"]
        return right - math.sqrt(right * (1 - right) / row["n"]) >= _ENOUGH

    enough = [setting for setting, row in tried.items() if moves_enough(row)]
    by = "self_bleu" if enough else "g_accuracy_self"
    return max(enough or tried, key=lambda setting: tried[setting][by])


def _along(
    space: SentenceSpace,
    vector: AttributeVector,
    texts: Sequence[str],
    targets: Sequence[str],
    strengths: Sequence[float],
) -> dict[float, list[str]]:
    """Sentences moved along the line."""
    z = space.encode(texts)
    signs = torch.tensor([1.0 if target == vector.positive else -1.0 for target in targets])
    return {s: space.decode(apply(z, vector, s * signs.to(z))) for s in strengths}


def _uphill(
    space: SentenceSpace,
    vector: AttributeVector,
    beams: int,
    texts: Sequence[str],
    targets: Sequence[str],
    confidences: Sequence[float],
) -> dict[float, list[str]]:
    """Sentences edited until the probes are so sure of their target."""
    outputs = {confidence: list(texts) for confidence in confidences}
    for target in (vector.negative, vector.positive):
        rows = [row for row, wanted in enumerate(targets) if wanted == target]
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            made = space.edits(
                [texts[row] for row in part],
                [vector.goal(target)],
                confidences,
                space="code",
                decoding=Decoding(beams=beams, guidance=space.edited),
            )
            for confidence, edits in made.items():
                for row, edit in zip(part, edits, strict=True):
                    outputs[confidence][row] = edit.text
    return outputs


def _reconstructed(space: SentenceSpace, texts: list[str]) -> list[str]:
    """Encoded and decoded; what is too long for the model stays as it is."""
    back = space.for_readable(texts, space.reconstruct)
    return [text if said is None else said for text, said in zip(texts, back, strict=True)]


def _others(labels: Sequence[str], vector: AttributeVector) -> list[str]:
    """The other label for each.

    Raises:
        CorpusError: a label is not one of the corpus.
    """
    other = {vector.positive: vector.negative, vector.negative: vector.positive}
    for label in labels:
        if label not in other:
            raise CorpusError(f"label '{label}' is not one of the corpus: {', '.join(other)}")
    return [other[label] for label in labels]
