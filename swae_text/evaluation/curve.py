"""Several trained models by the pair: how faithful, against how good what they draw is.

Reconstruction alone is bought with a space that is a hash, and fluency alone with a model that has
forgotten the sentence. Only models of one corpus can be set beside each other.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from swae_text import __version__
from swae_text.config import SamplingConfig
from swae_text.corpora.store import prepare
from swae_text.errors import ConfigError
from swae_text.evaluation.held_out import HeldOut
from swae_text.evaluation.judges import Judges
from swae_text.evaluation.protocol import evaluate
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.space import SentenceSpace


def curve(
    models: Mapping[str, Path],
    split: str,
    config: EvaluationConfig,
    drawn: Callable[[SamplingConfig], SamplingConfig],
    tell: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Results for ``benchmark_tables`` and ``draw``, one a model; each is judged once and kept.

    Args:
        models: model folders by the name that their row gets.
        split: ``valid`` for choosing, ``test`` once.
        config: what is measured.
        drawn: how samples are, from how the model draws them by itself.
        tell: hears a line at each step.

    Raises:
        ConfigError: two models learned from different corpora.
    """
    results: list[dict[str, Any]] = []
    referees: dict[str, Judges] = {}
    first: SentenceSpace | None = None
    for name, path in models.items():
        space = SentenceSpace.from_pretrained(path)
        first = first or space
        if space.config.corpus != first.config.corpus:
            raise ConfigError(
                f"{path} learned from another corpus than {next(iter(models.values()))}: their "
                "perplexities cannot be compared: draw two curves"
            )
        tell(f"{name}: judging on {split}")
        how = drawn(space.config.sampling).model_dump()
        result = _judged(space, path, split, config.model_copy(update=how), referees, tell)
        settings = space.config.model_dump(mode="json")
        results.append({"method": name, "split": split, "settings": settings, **result})
    return results


def _judged(
    space: SentenceSpace,
    path: Path,
    split: str,
    config: EvaluationConfig,
    referees: dict[str, Judges],
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """The evaluation of one model, from the cache where the same weights were judged before."""
    run = space.config
    corpus = prepare(run.corpus, run.tokenizer, run.model.max_tokens, tell)
    judges = referees.setdefault(corpus.fingerprint, Judges(corpus, tell))
    asked: list[Any] = [split, config.model_dump(mode="json"), __version__]
    asked.append((path / "checksums.json").read_text(encoding="utf-8"))
    held_out = HeldOut.of(corpus, run.corpus.source, split, config.sentences)
    asked += [held_out.texts, held_out.labels]  # their file may change, and the weights not
    key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
    kept: dict[str, Any] = judges.kept(
        f"model-{key}", lambda: evaluate(space, held_out, config, judges).to_dict()
    )
    return kept
