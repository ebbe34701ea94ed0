"""What a model says when it is asked for sentences, beside real text and a language model's own.

    forward: a language model of real text scores the samples (fluency; blind to what is missing)
    reverse: one of the samples scores real text (coverage; Zhao et al., 2018)

The row ``real`` has held-out sentences for the samples (forward, diversity) and as many training
sentences for the training of the reverse model. The row ``5-gram`` is sampled from the n-gram
model itself: fluent by that model's own measure, so it says what the numbers cannot see.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from swae_text.evaluation.judges import Judges
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.metrics.diversity import diversity, mean_dice, nearest_neighbours
from swae_text.space import SentenceSpace

Row = dict[str, Any]
Choose = Callable[[Sequence[str], Judges, EvaluationConfig], tuple[Sequence[str], Sequence[str]]]
"""Picks what the forward model scores, and what the reverse model learns from."""


def sample_rows(
    space: SentenceSpace,
    held_out: Sequence[str],
    judges: Judges,
    config: EvaluationConfig,
) -> tuple[list[Row], list[str]]:
    """The rows ``real``, ``5-gram`` and ``model``; and the first few samples, to be read."""
    samples = space.sample(config.samples, seed=config.seed, sampling=config)
    rows = yardsticks(held_out, judges, config)
    rows.append(_row("model", samples, samples, held_out, judges, config))
    return rows, samples[:50]


def yardsticks(held_out: Sequence[str], judges: Judges, config: EvaluationConfig) -> list[Row]:
    """The two rows that do not depend on the model, computed once for a corpus."""
    asked = ["\n".join(held_out), config.samples, config.neighbours, config.seed, config.lms]
    made = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
    rows = []
    for name, choose in (("real", _real), ("5-gram", _ngrams)):

        def row(name: str = name, choose: Choose = choose) -> Row:
            return _row(name, *choose(held_out, judges, config), held_out, judges, config)

        rows.append(judges.kept(f"row-{name}-{made}", row))
    return rows


def _real(
    held_out: Sequence[str], judges: Judges, config: EvaluationConfig
) -> tuple[Sequence[str], Sequence[str]]:
    """Held-out sentences as samples; training sentences, by seed, for the reverse model."""
    return held_out[: config.samples], judges.train_sample(config.samples, config.seed)


def _ngrams(
    held_out: Sequence[str], judges: Judges, config: EvaluationConfig
) -> tuple[Sequence[str], Sequence[str]]:
    samples = judges.ngrams.sample(config.samples, config.seed)
    return samples, samples


def _row(
    name: str,
    samples: Sequence[str],
    material: Sequence[str],
    held_out: Sequence[str],
    judges: Judges,
    config: EvaluationConfig,
) -> Row:
    """Both perplexities and the diversity of some sentences.

    Args:
        name: of the row.
        samples: what the forward model scores.
        material: what the reverse model is trained on.
        held_out: what the reverse model scores.
        judges: the referees.
        config: how much of what.
    """
    forward, reverse = {}, {}
    for kind in config.lms:
        judges.tell(f"{name}: perplexity under {kind}")
        forward[kind] = judges.forward(kind).perplexity(samples).to_dict()
        reverse[kind] = judges.reverse(kind, material).perplexity(held_out).to_dict()
    row = {"name": name, "n": len(samples), "forward": forward, "reverse": reverse}
    row |= {"diversity": diversity(samples, judges.train_texts, seed=config.seed).to_dict()}
    if config.neighbours:
        judges.tell(f"{name}: nearest training sentences")
        found = nearest_neighbours(samples[: config.neighbours], judges.train_texts)
        row |= {"nearest_dice": mean_dice(found), "nearest_n": len(found)}
    return row
