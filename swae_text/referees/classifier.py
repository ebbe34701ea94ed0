"""Training the two classifiers of sentences, and what they say.

An accuracy depends on who judges, so there are two of different kinds, and a score names its judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from pydantic import TypeAdapter
from torch import Tensor
from torch.nn import functional

from swae_text.corpora.batching import pad
from swae_text.errors import ConfigError, CorpusError, TrainingError
from swae_text.models.classifier import (
    ConvolutionalClassifier,
    NgramClassifier,
    SentenceClassifier,
)
from swae_text.referees.folder import WEIGHTS, RefereeSettings, read_referee, write_referee
from swae_text.referees.settings import ClassifierConfig, CNNConfig, NgramsConfig
from swae_text.referees.stage import (
    RefereeStage,
    in_batches,
    split,
    start_engine,
    train_stage,
)
from swae_text.referees.vocabulary import WordVocabulary
from swae_text.training.events import Report
from swae_text.weights import fill, outline

Kind = Literal["ngrams", "cnn"]


class _Settings(RefereeSettings):
    kind: Kind
    labels: tuple[str, ...]
    config: ClassifierConfig
    words: tuple[str, ...]


_CONFIG: TypeAdapter[NgramsConfig | CNNConfig] = TypeAdapter(ClassifierConfig)


@dataclass(frozen=True)
class Classifier:
    """A trained classifier of sentences.

    Attributes:
        config: its kind and size.
        vocabulary: the words it knows.
        module: in evaluation mode.
        labels: in the order of the probabilities: sorted.
        signature: what it is and what it was trained on.
    """

    config: NgramsConfig | CNNConfig
    vocabulary: WordVocabulary
    module: SentenceClassifier
    labels: tuple[str, ...]
    signature: str

    def probabilities(self, texts: Sequence[str]) -> Float64[np.ndarray, "n labels"]:
        """Probability of each label for each text, in the order of ``labels``."""
        words = self.vocabulary.encode(texts)
        return np.exp(_log_probabilities(self.module, words, len(self.labels)))

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The likeliest label of each text; of equals the first."""
        return [self.labels[best] for best in self.probabilities(texts).argmax(1)]

    def accuracy(self, texts: Sequence[str], labels: Sequence[str]) -> float:
        """Share of texts that get their label, in [0, 1]; a label never seen is always missed.

        Raises:
            CorpusError: there are no texts, or the two do not pair up.
        """
        _check_pairs(texts, labels)
        hits = sum(map(str.__eq__, self.predict(texts), labels))
        return hits / len(texts)

    def save(self, path: str | Path) -> None:
        """Write a folder; each file appears whole or not at all."""
        settings = _Settings(
            kind=self.config.kind,
            signature=self.signature,
            labels=self.labels,
            config=self.config,
            words=self.vocabulary.words,
        )
        write_referee(Path(path), settings, self.module, {})

    @classmethod
    def load(cls, path: str | Path) -> "Classifier":
        """Read a folder that ``save`` wrote.

        Raises:
            ModelFolderError: a part is missing or damaged, or it is something else.
        """
        path = Path(path)
        kept = read_referee(path, _Settings)
        vocabulary = WordVocabulary(kept.words)
        module = outline(lambda: _build(kept.config, len(vocabulary), len(kept.labels)))
        fill(module, path / WEIGHTS)
        return cls(kept.config, vocabulary, module.eval(), kept.labels, kept.signature)


class _Stage(RefereeStage):
    """A classifier as the loop sees it."""

    def __init__(
        self,
        module: SentenceClassifier,
        words: Sequence[NDArray[np.int32]],
        labels: NDArray[np.int64],
        held_out: tuple[Sequence[NDArray[np.int32]], NDArray[np.int64]],
        config: NgramsConfig | CNNConfig,
        seed: int,
        classes: int,
    ) -> None:
        super().__init__(f"classifier_{config.kind}", module, _lengths(words), config, seed)
        self.words, self.labels, self.held_out, self.classes = words, labels, held_out, classes

    def nats(self, module: Any, rows: NDArray[np.int64]) -> Tensor:
        """Nats a sentence."""
        device = _device(self.module)
        words = pad([self.words[row] for row in rows]).to(device)
        nats: Tensor = module.loss(words, torch.from_numpy(self.labels[rows]).to(device))
        return nats

    def held_out_nats(self) -> float:
        """Nats a sentence."""
        words, labels = self.held_out
        log_probs = _log_probabilities(self.module, words, self.classes)
        return float(-log_probs[np.arange(len(labels)), labels].mean())


def train_classifier(
    kind: Kind,
    texts: Sequence[str],
    labels: Sequence[str],
    config: NgramsConfig | CNNConfig | None,
    seed: int,
    folder: Path,
    report: Report | None = None,
) -> Classifier:
    """Train on all of these texts but those held out to choose the best look.

    The same arguments give the same weights on the same machine and number of threads.

    Args:
        kind: ``ngrams`` (fastText) or ``cnn`` (Kim, 2014).
        texts: normalised sentences.
        labels: one for each text, at least two different ones.
        config: size and budget, of that kind; None: the defaults.
        seed: of initialisation, order, dropout and the texts held out.
        folder: where ``metrics.jsonl`` goes (and, while it trains, a checkpoint).
        report: who listens.

    Raises:
        ConfigError: the settings are those of another kind.
        CorpusError: texts and labels do not pair up.
        TrainingError: fewer than two texts or labels, or the loss is not finite.
    """
    config = config or _CONFIG.validate_python({"kind": kind})
    if config.kind != kind:
        raise ConfigError(f"settings of kind '{config.kind}' for a classifier of kind '{kind}'")
    _check_pairs(texts, labels)
    names = sorted(set(labels))
    if len(names) < 2:
        raise TrainingError(f"every text has the label '{names[0]}': a classifier needs two")
    engine, parts = start_engine(config, seed), split(len(texts), config, seed)
    (train, train_labels), (held, held_labels) = (
        ([texts[row] for row in part], np.array([names.index(labels[row]) for row in part]))
        for part in parts
    )
    vocabulary = WordVocabulary.of(train)
    module = _build(config, len(vocabulary), len(names))
    held_out = (vocabulary.encode(held), held_labels)
    words = vocabulary.encode(train)
    stage = _Stage(module, words, train_labels, held_out, config, seed, len(names))
    train_stage(stage, engine, folder, report, seed)
    signature = (
        f"{kind}|words:{len(vocabulary)}|labels:{','.join(names)}|steps:{stage.budget.steps}|"
        f"trained:{len(train)}|{engine.precision}|seed:{seed}"
    )
    return Classifier(config, vocabulary, module, tuple(names), signature)


def _build(config: NgramsConfig | CNNConfig, words: int, labels: int) -> SentenceClassifier:
    if isinstance(config, NgramsConfig):
        return NgramClassifier(words, labels, config.width, config.buckets, config.dropout)
    return ConvolutionalClassifier(
        words, labels, config.width, config.filters, config.sizes, config.dropout
    )


@torch.inference_mode()
def _log_probabilities(
    module: SentenceClassifier, words: Sequence[NDArray[np.int32]], labels: int
) -> NDArray[np.float64]:
    def score(rows: NDArray[np.int64]) -> Tensor:
        scores = module(pad([words[row] for row in rows]).to(_device(module)))
        return functional.log_softmax(scores.double(), -1)

    return in_batches(_lengths(words), score, (labels,))


def _device(module: SentenceClassifier) -> torch.device:
    return next(module.parameters()).device


def _lengths(words: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.array([len(row) for row in words], dtype=np.int32)


def _check_pairs(texts: Sequence[str], labels: Sequence[str]) -> None:
    if len(texts) != len(labels):
        raise CorpusError(f"{len(texts)} texts and {len(labels)} labels do not pair up")
    if not texts:
        raise CorpusError("no labelled texts: give at least one")
