"""Every setting of a run, as one strict, frozen tree that needs no torch.

A run is one YAML file; ``--set a.b=value`` overrides single settings. Unknown keys, wrong types and
impossible combinations are refused with one line. The discriminated unions in here *are* the
registries: a new encoder, regulariser, divergence or prior is one new class in its union.

Shape letters used throughout the package: ``B`` batch, ``T`` time (tokens), ``K`` slots,
``C`` code, ``Z`` latent, ``W`` width, ``V`` vocabulary.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from swae_text.errors import ConfigError

Probability = Annotated[float, Field(ge=0.0, lt=1.0)]


class Strict(BaseModel):
    """A group of settings: unknown keys are refused, and nothing changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


# ---------------------------------------------------------------------------------- sentences


class CorpusConfig(Strict):
    """Where sentences come from and which of them are kept."""

    source: str = "quickstart"
    """A catalog name (quickstart, yelp, snli), a file, a folder, ``hub:owner/name``, or ``-``."""
    text: tuple[str, ...] | None = None
    """Columns that hold sentences; several give several sentences a row. None: found by name."""
    label: str | None = None
    """Column that holds the label. None: found by name; ``""``: no labels."""
    split_sentences: bool | None = None
    """Cut each text (a review) into sentences. None: what the catalog says, else no."""
    unescape: bool | None = None
    r"""Undo ``\\n``, ``\"\"`` and HTML remains. None: what the catalog says, else no."""
    lowercase: bool = False
    """Lower-case every sentence, here and in every command that uses the model."""
    split_punctuation: bool = False
    """Set punctuation and contractions apart (``do n't``, `` .``), as in Shen et al.'s Yelp."""
    min_words: PositiveInt = 1
    """Shortest sentence kept, in words between spaces."""
    max_words: PositiveInt = 20
    """Longest sentence kept, in words between spaces."""
    dedupe: Literal["none", "across", "all"] = "across"
    """``across`` drops held-out sentences that training has; ``all`` drops repeats as well."""
    valid_size: PositiveInt = 2000
    """Sentences held out for validation where the source has no such split."""
    test_size: PositiveInt = 2000
    """Sentences held out for the test where the source has no such split."""
    max_sentences: PositiveInt | None = None
    """Keep only so many training sentences (chosen by seed). None: all."""
    seed: NonNegativeInt = 0
    """Seed of the splits, apart from the run's seed so that runs share a test set."""

    @model_validator(mode="after")
    def _lengths_in_order(self) -> "CorpusConfig":
        if self.min_words > self.max_words:
            raise ValueError(f"min_words={self.min_words} is above max_words={self.max_words}")
        return self


class TokenizerConfig(Strict):
    """SentencePiece, trained on the training split alone."""

    vocab_size: Annotated[int, Field(ge=16)] = 4000
    """Pieces, with the four special ones."""
    algorithm: Literal["unigram", "bpe"] = "unigram"
    """SentencePiece's segmentation model."""
    character_coverage: Annotated[float, Field(gt=0.9, le=1.0)] = 0.9999
    """Share of characters that get a piece; the rest falls back to bytes."""


# ---------------------------------------------------------------------------------- stage one


class CorruptionConfig(Strict):
    """Damage done to the encoder's input in training, a probability a token."""

    drop: Probability = 0.0
    """Leave the token out (at least one stays)."""
    mask: Probability = 0.0
    """Replace the token by the unknown piece."""
    substitute: Probability = 0.0
    """Replace the token by a random one."""
    shuffle: NonNegativeInt = 0
    """Local shuffle: no token moves further than this many places (Lample et al., 2018)."""


class TransformerEncoderConfig(Strict):
    """Bidirectional Transformer; learned queries read its states into the slots of the code."""

    kind: Literal["transformer"] = "transformer"
    width: PositiveInt = 256
    """Width of the residual stream."""
    layers: PositiveInt = 2
    """Blocks of attention and feed-forward."""
    heads: PositiveInt = 4
    """Attention heads; they divide the width."""
    feedforward: PositiveInt = 4
    """Width of the feed-forward layer, in widths."""
    dropout: Probability = 0.0
    """Dropout on the residual branches."""

    @model_validator(mode="after")
    def _heads_divide(self) -> "TransformerEncoderConfig":
        if self.width % self.heads:
            raise ValueError(f"heads={self.heads} does not divide width={self.width}")
        return self


class LSTMEncoderConfig(Strict):
    """Bidirectional LSTM; learned queries read its states into the slots of the code."""

    kind: Literal["lstm"] = "lstm"
    width: Annotated[int, Field(gt=0, multiple_of=2)] = 512
    """Width of embeddings and states (both directions together)."""
    layers: PositiveInt = 1
    """LSTM layers."""
    heads: PositiveInt = 4
    """Heads of the attention that fills the slots; they divide the width."""
    dropout: Probability = 0.0
    """Dropout on embeddings and between layers."""

    @model_validator(mode="after")
    def _heads_divide(self) -> "LSTMEncoderConfig":
        if self.width % self.heads:
            raise ValueError(f"heads={self.heads} does not divide width={self.width}")
        return self


class TransformerDecoderConfig(TransformerEncoderConfig):
    """Causal Transformer whose blocks attend to the slots of the code."""


class LSTMDecoderConfig(LSTMEncoderConfig):
    """LSTM fed with the whole code at every step; its states then attend to the slots."""


EncoderConfig = Annotated[TransformerEncoderConfig | LSTMEncoderConfig, Field(discriminator="kind")]
DecoderConfig = Annotated[TransformerDecoderConfig | LSTMDecoderConfig, Field(discriminator="kind")]


class IMQConfig(Strict):
    """Sum of inverse multiquadratic kernels C / (C + |a - b|²), C = scale · E|p - p'|²."""

    kind: Literal["imq"] = "imq"
    scales: tuple[PositiveFloat, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
    """Widths in units of the mean squared distance of two prior samples (Tolstikhin: 2Zσ²)."""


class RBFConfig(Strict):
    """Sum of Gaussian kernels exp(-|a - b|² / C), C = scale · E|p - p'|²."""

    kind: Literal["rbf"] = "rbf"
    scales: tuple[PositiveFloat, ...] = (0.25, 0.5, 1.0, 2.0)
    """Widths in units of the mean squared distance of two prior samples."""


class NoneConfig(Strict):
    """The codes are left free (SWAE: "the encoded prior")."""

    kind: Literal["none"] = "none"


class KLConfig(Strict):
    """KL(q(z|x) || prior) in nats, with the usual remedies against collapse."""

    kind: Literal["kl"] = "kl"
    weight: NonNegativeFloat = 1.0
    """β of the β-VAE (Higgins et al., 2017)."""
    free_bits: NonNegativeFloat = 0.0
    """Nats a dimension below which the KL is not pressed (Kingma et al., 2016)."""
    cycles: PositiveInt = 1
    """Times that β rises from 0 (Fu et al., 2019); 1 is plain annealing."""
    anneal: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    """Share of a cycle in which β rises; 0 is a constant β."""


class MMDConfig(Strict):
    """Maximum mean discrepancy (WAE-MMD; Tolstikhin et al., 2018)."""

    kind: Literal["mmd"] = "mmd"
    weight: NonNegativeFloat = 10.0
    """λ: how much a unit of divergence costs beside the reconstruction."""
    kernel: Annotated[IMQConfig | RBFConfig, Field(discriminator="kind")] = IMQConfig()
    """Kernel family and its scales."""


class SlicedConfig(Strict):
    """Squared sliced Wasserstein-2 distance (Kolouri et al., 2019)."""

    kind: Literal["sliced"] = "sliced"
    weight: NonNegativeFloat = 10.0
    """λ: how much a unit of divergence costs beside the reconstruction."""
    projections: PositiveInt = 64
    """Random directions a batch."""


class AdversarialConfig(Strict):
    """A critic tells prior samples from encoded ones (AAE, WAE-GAN)."""

    kind: Literal["adversarial"] = "adversarial"
    weight: NonNegativeFloat = 1.0
    """λ: weight of the encoder's non-saturating loss."""
    hidden: PositiveInt = 512
    """Width of the critic's layers."""
    layers: PositiveInt = 2
    """Hidden layers of the critic."""
    learning_rate: PositiveFloat = 5e-4
    """Learning rate of the critic (Adam, β₁ = 0.5)."""


RegulariserConfig = Annotated[
    NoneConfig | KLConfig | MMDConfig | SlicedConfig | AdversarialConfig,
    Field(discriminator="kind"),
]
DivergenceConfig = Annotated[
    KLConfig | MMDConfig | SlicedConfig | AdversarialConfig, Field(discriminator="kind")
]


class ModelConfig(Strict):
    """Stage one: the sentence autoencoder ``x → c → x̂``."""

    encoder: EncoderConfig = TransformerEncoderConfig()
    decoder: DecoderConfig = TransformerDecoderConfig()
    code_dim: PositiveInt = 128
    """Numbers in a code, all slots together."""
    slots: PositiveInt = 8
    """Slots the code is read as by the decoder; they divide ``code_dim``."""
    normalise: bool = True
    """Scale every code to length √code_dim, so that noise has a unit. Not with ``kl``."""
    code_noise: NonNegativeFloat = 0.1
    """Standard deviation of the Gaussian noise put on the code in training."""
    noise_warmup: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """First share of the budget in which the code noise rises from 0."""
    bag_of_words: NonNegativeFloat = 0.0
    """Weight of predicting the sentence's set of tokens from the code (Zhao et al., 2017)."""
    max_tokens: Annotated[int, Field(ge=4, le=4096)] = 64
    """Longest sentence in pieces, with its end; longer ones are refused."""
    corruption: CorruptionConfig = CorruptionConfig()
    regulariser: RegulariserConfig = NoneConfig()

    @model_validator(mode="after")
    def _possible(self) -> "ModelConfig":
        if self.code_dim % self.slots:
            raise ValueError(f"slots={self.slots} does not divide code_dim={self.code_dim}")
        if self.normalise and self.regulariser.kind == "kl":
            raise ValueError("regulariser 'kl' needs free codes: set model.normalise=false")
        return self


# ---------------------------------------------------------------------------------- stage two


class GaussianPriorConfig(Strict):
    """Standard normal."""

    kind: Literal["gaussian"] = "gaussian"


class MixturePriorConfig(Strict):
    """Gaussian mixture, one component a label (or ``components`` of them without labels)."""

    kind: Literal["mixture"] = "mixture"
    components: PositiveInt | None = None
    """None: one for each label of the corpus."""
    separation: PositiveFloat = 3.0
    """Distance between the means of two components, in standard deviations."""


PriorConfig = Annotated[GaussianPriorConfig | MixturePriorConfig, Field(discriminator="kind")]


class LevelConfig(Strict):
    """One autoencoder of the stack: residual MLPs between the space below and its latent."""

    latent_dim: PositiveInt = 128
    """Numbers in this level's latent."""
    hidden: PositiveInt = 1024
    """Width of the hidden layers."""
    blocks: NonNegativeInt = 2
    """Residual blocks in the encoder and in the decoder; 0 is a linear map."""
    dropout: Probability = 0.0
    """Dropout inside the blocks."""


class StackedWAEConfig(Strict):
    """Stage two: ``c → z → ĉ`` with ``z`` pushed to an explicit prior."""

    levels: Annotated[tuple[LevelConfig, ...], Field(min_length=1)] = (LevelConfig(),)
    """From the code upwards; the last one's latent is what meets the prior."""
    prior: PriorConfig = GaussianPriorConfig()
    divergence: DivergenceConfig = MMDConfig()
    latent_noise: NonNegativeFloat = 0.0
    """Standard deviation of the Gaussian noise put on the latent in training."""


# ---------------------------------------------------------------------------------- training


class OptimiserConfig(Strict):
    """AdamW with warm-up, a flat stretch, and a linear fall to zero at the end."""

    learning_rate: PositiveFloat = 1.2e-3
    """Peak learning rate."""
    beta2: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.98
    """AdamW's β₂ (its β₁ is 0.9)."""
    weight_decay: NonNegativeFloat = 0.01
    """Decoupled weight decay on matrices; vectors have none."""
    warmup: NonNegativeInt = 200
    """Steps in which the learning rate rises."""
    cooldown: Annotated[float, Field(ge=0.0, le=1.0)] = 0.3
    """Last share of the budget in which the learning rate falls to zero."""
    clip: PositiveFloat = 1.0
    """Largest gradient norm."""


class BudgetConfig(Strict):
    """How long to train and how often to look. The first limit reached ends the stage."""

    steps: PositiveInt = 20_000
    """Optimiser steps."""
    minutes: PositiveFloat | None = None
    """Minutes of training over all starts of the run; with it a run is not repeatable in bits."""
    evaluate_every: PositiveInt = 500
    """Steps between two looks at the validation split."""
    checkpoint_every: PositiveInt = 500
    """Steps between two checkpoints."""


class StageOneTraining(BudgetConfig):
    """How stage one is trained."""

    batch_tokens: PositiveInt = 768
    """Tokens a batch, at most, padding counted."""
    evaluate_sentences: PositiveInt = 1000
    """Validation sentences reconstructed at each look."""
    optimiser: OptimiserConfig = OptimiserConfig()


class StageTwoTraining(BudgetConfig):
    """How stage two is trained."""

    steps: PositiveInt = 3000
    batch_size: Annotated[int, Field(ge=2)] = 512
    """Codes a batch."""
    evaluate_sentences: PositiveInt = 1000
    """Validation sentences reconstructed through both stages at each look."""
    finetune_steps: NonNegativeInt = 0
    """Steps at the end in which ĉ is also judged by the frozen decoder's cross-entropy."""
    finetune_weight: PositiveFloat = 1.0
    """Weight of that cross-entropy (nats a token) beside the squared error of the codes."""
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=1e-4)


class TrainingConfig(Strict):
    """Both stages, and what they share."""

    stage_one: StageOneTraining = StageOneTraining()
    stage_two: StageTwoTraining = StageTwoTraining()
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 where a short measurement on this processor says it is faster."""
    devices: PositiveInt = 1
    """Processes (CPU) or GPUs."""
    keep_checkpoints: PositiveInt = 2
    """Newest checkpoints kept of each stage."""


class RunConfig(Strict):
    """One run: both stages on one corpus."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = "run"
    """Name of the folder under ``runs/``."""
    seed: NonNegativeInt = 0
    """Seed of initialisation, batch order, corruption and noise."""
    corpus: CorpusConfig = CorpusConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()
    model: ModelConfig = ModelConfig()
    stage_two: StackedWAEConfig = StackedWAEConfig()
    training: TrainingConfig = TrainingConfig()


# ---------------------------------------------------------------------------------- reading


def load_config(path: str | Path | None, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a YAML file and apply ``a.b=value`` overrides; values are read as YAML.

    Without a file, the overrides apply to the defaults.

    Raises:
        ConfigError: the file is missing or not YAML, or a setting is unknown or impossible.
    """
    tree = {} if path is None else _read_yaml(path)
    for override in overrides:
        _override(tree, override)
    return parse_config(tree, where="settings" if path is None else str(path))


def parse_config(tree: dict[str, Any], where: str = "config") -> RunConfig:
    """Check a tree of plain values and turn it into a ``RunConfig``.

    Raises:
        ConfigError: names the first setting that is wrong, why, and how many more are.
    """
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{where}: {describe(error)}") from error


def dump_config(config: RunConfig) -> str:
    """Write every setting as YAML; ``parse_config`` of it gives an equal config."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def describe(error: ValidationError) -> str:
    """One line for pydantic's first complaint, with the dotted path of the setting."""
    first, *more = error.errors()
    path = ".".join(str(part) for part in first["loc"]) or "settings"
    message = first["msg"].removeprefix("Value error, ")
    found = "" if isinstance(first["input"], dict) else f" (found {first['input']!r})"
    if first["type"] == "extra_forbidden":
        message, found = "unknown setting; `swae-text config show` lists them all", ""
    return f"{path}: {message}{found}" + (f"; and {len(more)} more" if more else "")


def _read_yaml(path: str | Path) -> dict[str, Any]:
    """The settings in a file, as plain values."""
    try:
        tree = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}): give a YAML file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text: give a YAML file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "unreadable"
        raise ConfigError(f"{where}: not valid YAML ({problem})") from error
    if not isinstance(tree, dict | None):
        raise ConfigError(f"{path}: holds a {type(tree).__name__}, not settings (key: value)")
    return tree or {}


def _override(tree: dict[str, Any], override: str) -> None:
    """Set one dotted path in a tree of plain values, making the branches it needs."""
    dotted, equals, text = override.partition("=")
    if not equals or not all(dotted.split(".")):
        raise ConfigError(f"--set {override}: write it as a.b=value")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: the value is not valid YAML") from error
    *branches, leaf = dotted.split(".")
    node: Any = tree
    for branch in branches:
        node = _child(node, branch, override)
    if isinstance(node, list):
        node[_index(node, leaf, override)] = value
    else:
        node[leaf] = value


def _child(node: Any, branch: str, override: str) -> Any:
    """Step down one branch of the tree, creating it where it is missing."""
    if isinstance(node, list):
        child = node[_index(node, branch, override)]
    else:
        if node.get(branch) is None:
            node[branch] = {}
        child = node[branch]
    if not isinstance(child, dict | list):
        raise ConfigError(f"--set {override}: '{branch}' is a single value and has no parts")
    return child


def _index(node: list[Any], text: str, override: str) -> int:
    """Read a list position out of a dotted path."""
    if not text.isdigit() or int(text) >= len(node):
        raise ConfigError(f"--set {override}: '{text}' is not a position in a list of {len(node)}")
    return int(text)
