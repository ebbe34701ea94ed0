"""The whole evaluation of one model, section by section: ``docs/protocol.md`` as code."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from swae_text import __version__
from swae_text.errors import ConfigError
from swae_text.evaluation.faithfulness import has_density, likelihood, reconstruction_rows
from swae_text.evaluation.geometry import latent_rows, path_rows, probe_row
from swae_text.evaluation.held_out import Encoded, HeldOut
from swae_text.evaluation.holes import hole_rows
from swae_text.evaluation.judges import Judges
from swae_text.evaluation.samples import sample_rows
from swae_text.evaluation.settings import EvaluationConfig, Part
from swae_text.evaluation.transfer import TransferTask, transfer_rows
from swae_text.space import SentenceSpace


@dataclass
class Evaluation:
    """Everything that was measured, as plain values with their evidence.

    Attributes:
        evidence: corpus, split, n, seeds, version, and all settings of the evaluation.
        reconstruction: rows by stage, with ``copy``.
        likelihood: importance-weighted perplexity, where the model has a density.
        samples: rows ``real``, ``5-gram`` and ``model``.
        examples: the first samples, to be read.
        holes: real codes, noisy codes and samples through the same decoder.
        latent: aggregate posterior against prior.
        paths: between held-out sentences.
        transfer: by attribute vector.
        warnings: what is wrong with the model, in plain words.
        seconds: that each section took.
    """

    evidence: dict[str, Any]
    reconstruction: list[dict[str, Any]] = field(default_factory=list)
    likelihood: dict[str, Any] | None = None
    samples: list[dict[str, Any]] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    holes: dict[str, Any] | None = None
    latent: dict[str, Any] | None = None
    paths: dict[str, Any] | None = None
    transfer: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def evaluate(
    space: SentenceSpace,
    held_out: HeldOut,
    config: EvaluationConfig,
    judges: Judges | None = None,
    task: TransferTask | None = None,
) -> Evaluation:
    """Measure what the settings ask for and the model can do.

    Args:
        space: the model.
        held_out: what it is tested on.
        config: which parts, and how much of each.
        judges: referees of the corpus; ``samples``, ``holes`` and ``transfer`` need them.
        task: sentences with references; ``transfer`` needs it.

    Raises:
        ConfigError: a part is asked for without what it needs.
    """
    texts = held_out.texts[: config.sentences]
    encoded = Encoded(space, texts)
    result = Evaluation(_evidence(space, held_out, len(texts), config))
    sections: dict[Part, Callable[[], None]] = {
        "reconstruction": lambda: _reconstruction(result, encoded, config),
        "samples": lambda: _samples(result, space, texts, judges, config),
        "holes": lambda: _holes(result, space, texts, judges, config),
        "latent": lambda: _latent(result, encoded, held_out, judges, config),
        "transfer": lambda: _transfer(result, space, judges, task, config),
    }
    for part in config.parts:
        started = time.perf_counter()
        sections[part]()
        result.seconds[part] = round(time.perf_counter() - started, 2)
    return result


def has_prior(space: SentenceSpace) -> bool:
    """Whether the model can be asked for samples."""
    return space.stage_two is not None or space.config.model.regulariser.kind != "none"


def _evidence(
    space: SentenceSpace, held_out: HeldOut, n: int, config: EvaluationConfig
) -> dict[str, Any]:
    return {
        "model": space.config.name,
        "corpus": held_out.corpus,
        "split": held_out.split,
        "n": n,
        "seed": space.config.seed,
        "version": __version__,
        "evaluation": config.model_dump(mode="json"),
    }


def _reconstruction(result: Evaluation, encoded: Encoded, config: EvaluationConfig) -> None:
    result.reconstruction = reconstruction_rows(
        encoded, teacher_forcing=config.teacher_forcing, beams=config.beams
    )
    if has_density(encoded.space):
        result.likelihood = likelihood(encoded.space, encoded.texts, config)


def _samples(
    result: Evaluation,
    space: SentenceSpace,
    texts: Sequence[str],
    judges: Judges | None,
    config: EvaluationConfig,
) -> None:
    if judges is None:
        raise ConfigError("samples are judged by models of the training split, which is not here")
    if not has_prior(space):
        result.warnings.append("this model has no prior: it cannot be asked for samples")
        return
    result.samples, result.examples = sample_rows(space, texts, judges, config)


def _holes(
    result: Evaluation,
    space: SentenceSpace,
    texts: Sequence[str],
    judges: Judges | None,
    config: EvaluationConfig,
) -> None:
    if judges is None:
        raise ConfigError("holes are judged by models of the training split, which is not here")
    if has_prior(space):
        result.holes = hole_rows(space, texts, judges, config)


def _latent(
    result: Evaluation,
    encoded: Encoded,
    held_out: HeldOut,
    judges: Judges | None,
    config: EvaluationConfig,
) -> None:
    if has_prior(encoded.space):
        result.latent = latent_rows(encoded, config)
        result.warnings += result.latent["posterior"]["warnings"]
        if judges is not None and held_out.split != "train":
            result.latent["probe"] = probe_row(encoded, held_out.labels, judges, config)
    if config.paths and len(encoded.texts) > 1:
        result.paths = path_rows(encoded, judges, config)


def _transfer(
    result: Evaluation,
    space: SentenceSpace,
    judges: Judges | None,
    task: TransferTask | None,
    config: EvaluationConfig,
) -> None:
    if judges is None or task is None:
        raise ConfigError(
            "transfer needs sentences with references: give a file of rows with `text`, a label "
            "and `references`"
        )
    result.transfer = transfer_rows(space, task, judges, config)
