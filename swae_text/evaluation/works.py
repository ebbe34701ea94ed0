"""What a benchmark file says: methods on one base, seeds, choices; and one piece of its work."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeFloat, ValidationError, model_validator

from swae_text.config import (
    RunConfig,
    Strict,
    describe,
    override_setting,
    parse_config,
    read_yaml,
)
from swae_text.errors import ConfigError
from swae_text.evaluation.settings import EvaluationConfig


class MethodEntry(Strict):
    """One row of the table."""

    method: str
    """YAML file, relative to the benchmark's."""
    name: str | None = None
    """Name of the row. None: that of the file."""
    seeds: tuple[int, ...] | None = None
    """None: those of the benchmark."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Laid over the method."""
    choose: dict[str, list[Any]] = Field(default_factory=dict)
    """``a.b: [values]``: every combination is tried on the validation split.

    ``evaluation.a`` is a setting of the evaluation: the temperature of the decoder, say.
    """

    @property
    def row(self) -> str:
        """Name of the row."""
        return self.name or Path(self.method).stem


class BenchmarkConfig(Strict):
    """What is compared, and how."""

    name: str
    """Of the folder with the runs."""
    base: Annotated[tuple[str, ...], Field(min_length=1)]
    """YAML files of corpus and architecture, relative to the benchmark's."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Laid over the base and under the methods: the budget, the corpus's place."""
    methods: Annotated[tuple[MethodEntry, ...], Field(min_length=1)]
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    """Of training; a method may have its own."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """Of the final models. What is tried is looked at with less: see ``trial``."""
    references: str | None = None
    """File for transfer, relative to the corpus's folder."""
    bleu_floor: NonNegativeFloat = 40.0
    """``choose`` takes the lowest reverse perplexity among settings that reconstruct this well."""

    compare: tuple[str, ...] = ()
    """Names of rows: a second table sets runs of equal reconstruction against theirs."""

    @model_validator(mode="after")
    def _compares_with_rows(self) -> "BenchmarkConfig":
        for name in set(self.compare) - {entry.row for entry in self.methods}:
            raise ValueError(f"compare: {name!r} is no row: name some of the methods")
        return self

    @property
    def trial(self) -> EvaluationConfig:
        """What a choice needs: reconstruction, and samples under the first language model."""
        less = {"parts": ("reconstruction", "samples"), "lms": self.evaluation.lms[:1]}
        return self.evaluation.model_copy(update={**less, "neighbours": 0})


@dataclass(frozen=True)
class Work:
    """One training and one evaluation.

    Attributes:
        name: of the row.
        seed: of training.
        config: everything that is trained.
        split: what it is evaluated on.
        evaluation: what is measured.
        references: file for transfer, relative to the corpus's folder.
        tried: the settings of ``choose`` in it.
    """

    name: str
    seed: int
    config: RunConfig
    split: str
    evaluation: EvaluationConfig
    references: str | None
    tried: Mapping[str, Any]

    def key(self) -> str:
        """Changes when any setting does."""
        judged = self.evaluation.model_dump(mode="json")
        return _digest(self.model_key(), self.split, judged, self.references)

    def made(self, result: Mapping[str, Any]) -> bool:
        """Whether a result is this work's.

        Settings are compared, and not keys: one that was added to the program since stands at its
        default in the result, and a default never changes what older settings did.
        """
        try:
            trained = parse_config({**result["settings"], "name": self.config.name})
            judged = EvaluationConfig.model_validate(result["evidence"]["evaluation"])
        except (ConfigError, ValidationError, KeyError, TypeError):
            return False  # of a version that had other settings
        asked = (self.config, self.split, _bearing(self.evaluation), self.references)
        return asked == (trained, result["split"], _bearing(judged), result.get("references"))

    def model_key(self) -> str:
        """Equal for equal models, whatever they are called and judged on."""
        return _digest(self.config.model_dump(mode="json", exclude={"name", "sampling"}))

    def stage_one_key(self) -> str:
        """Equal for methods whose first stages are the same."""
        whole = self.config.model_dump(mode="json")
        training = [whole["training"][part] for part in ("stage_one", "precision", "devices")]
        parts = [whole[part] for part in ("seed", "corpus", "tokenizer", "model")]
        return _digest(*parts, *training)


def load_benchmark(path: Path, overrides: tuple[str, ...] = ()) -> BenchmarkConfig:
    """Read a benchmark file.

    Raises:
        ConfigError: it cannot be read, or a setting is wrong.
    """
    tree = read_yaml(path)
    for override in overrides:
        override_setting(tree, override)
    try:
        return BenchmarkConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error)}") from error


def _bearing(judged: EvaluationConfig) -> dict[str, Any]:
    """The settings of an evaluation, without those of a part that it leaves out."""
    left_out = set() if "transfer" in judged.parts else {"strengths", "confidences"}
    return judged.model_dump(exclude=left_out)


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
