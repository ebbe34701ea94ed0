"""The referees of a corpus: language models and classifiers trained on its training split alone.

    forward perplexity: LM(real) of samples          reverse perplexity: LM(samples) of real text

They are trained once for a training split and kept in the cache; none sees a held-out sentence. The
reverse models share vocabulary, pieces and settings with the forward ones: the same ruler.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from swae_text.atomic import atomic_write
from swae_text.config import TokenizerConfig
from swae_text.corpora.store import PreparedCorpus, cache_folder
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import ConfigError, ModelFolderError
from swae_text.evaluation.settings import LM
from swae_text.metrics.ngram import NGramModel, vocabulary
from swae_text.metrics.perplexity import Perplexity
from swae_text.referees.classifier import Classifier, Kind, train_classifier
from swae_text.referees.language_model import RecurrentLM, train_language_model
from swae_text.referees.settings import CNNConfig, LanguageModelConfig, NgramsConfig

ORDER = 5
"""Of the n-gram model."""
MIN_COUNT = 2
"""Times that a word occurs in training to be known; rarer ones are ``<unk>`` everywhere."""
PIECES = TokenizerConfig(vocab_size=4000)
"""The recurrent model's own pieces, whatever the judged model uses; fewer for a tiny corpus."""
SEED = 0
"""Referees do not depend on the run's seed."""

Tell = Callable[[str], None]


@runtime_checkable
class LanguageModel(Protocol):
    """What a judge of sentences can do."""

    @property
    def signature(self) -> str:
        """What it is and what it was trained on."""

    def log_probs(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Nats of each sentence, its end included."""

    def perplexity(self, sentences: Sequence[str]) -> Perplexity:
        """Perplexity a word."""


def _rules() -> str:
    """Changes when the referees' own settings do, so that old ones in the cache are left alone."""
    configs = (PIECES, LanguageModelConfig(), NgramsConfig(), CNNConfig())
    rules = [ORDER, MIN_COUNT, SEED, *(config.model_dump(mode="json") for config in configs)]
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:8]


class Judges:
    """Referees of one corpus, made when they are first asked for.

    Args:
        corpus: prepared; its training split is what they learn from.
        tell: hears a line when a training begins.
    """

    def __init__(self, corpus: PreparedCorpus, tell: Tell) -> None:
        self.corpus, self.tell = corpus, tell

    @cached_property
    def folder(self) -> Path:
        """Where they are kept: one place for all corpora that have the same training split."""
        made = hashlib.sha256("\n".join((self.corpus.train.digest(), *self.corpus.labels)).encode())
        return cache_folder().parent / "referees" / f"{made.hexdigest()[:32]}-{_rules()}"

    @cached_property
    def train_texts(self) -> list[str]:
        """Normalised sentences of the training split."""
        return self.corpus.train.texts()

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The closed vocabulary of every n-gram model of this corpus."""
        return vocabulary(self.train_texts, MIN_COUNT)

    def forward(self, kind: LM) -> LanguageModel:
        """The language model of real sentences."""
        return self.ngrams if kind == "ngrams" else self.recurrent

    def reverse(self, kind: LM, texts: Sequence[str]) -> LanguageModel:
        """A language model of other sentences, made like that of real ones."""
        if kind == "ngrams":
            return NGramModel.train(texts, ORDER, self.vocabulary)
        with tempfile.TemporaryDirectory() as folder:
            return train_language_model(
                texts, self._tokenizer, LanguageModelConfig(), SEED, Path(folder)
            )

    @cached_property
    def ngrams(self) -> NGramModel:
        """5-gram model with modified Kneser-Ney smoothing."""
        return NGramModel.train(self.train_texts, ORDER, self.vocabulary)

    @cached_property
    def recurrent(self) -> RecurrentLM:
        """LSTM over pieces."""
        folder = self.folder / "recurrent"
        try:
            return RecurrentLM.load(folder)
        except ModelFolderError:
            self.tell("training the recurrent language model of the corpus (once)")
        model = train_language_model(
            self.train_texts, self._tokenizer, LanguageModelConfig(), SEED, folder
        )
        model.save(folder)
        return model

    def classifier(self, kind: Kind) -> Classifier:
        """Tells the labels of the corpus apart.

        Raises:
            ConfigError: the corpus has no two labels.
        """
        if len(self.corpus.labels) < 2:
            raise ConfigError("the corpus has no two labels: transfer cannot be judged")
        folder = self.folder / kind
        try:
            return Classifier.load(folder)
        except ModelFolderError:
            self.tell(f"training the classifier '{kind}' of the corpus (once)")
        texts, labels = self.labelled("train")
        model = train_classifier(kind, texts, labels, None, SEED, folder)
        model.save(folder)
        return model

    def labelled(self, split: str) -> tuple[list[str], list[str]]:
        """Sentences of a split that have a label, and those labels."""
        return self._labelled(split, np.flatnonzero(self.corpus.split(split).labels >= 0))

    def train_sample(self, most: int, seed: int) -> list[str]:
        """At most ``most`` training sentences, chosen by seed, in the order of the corpus."""
        chosen = np.random.default_rng(seed).permutation(len(self.train_texts))[:most]
        return [self.train_texts[row] for row in np.sort(chosen).tolist()]

    def labelled_sample(
        self, most: int, seed: int, split: str = "train"
    ) -> tuple[list[str], list[str]]:
        """At most ``most`` labelled sentences of a split, chosen by seed, and their labels."""
        rows = np.flatnonzero(self.corpus.split(split).labels >= 0)
        random = torch.Generator().manual_seed(seed)
        return self._labelled(split, rows[torch.randperm(len(rows), generator=random)[:most]])

    def _labelled(self, split: str, rows: NDArray[np.int64]) -> tuple[list[str], list[str]]:
        texts, labels = self.corpus.sentences(split, rows)
        return texts, [label for label in labels if label is not None]

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """A JSON value that is computed once for this corpus and kept under a name."""
        path = self.folder / f"{name}.json"
        if path.exists():
            with suppress(ValueError):  # damaged: computed again
                return json.loads(path.read_bytes())
        value = make()
        atomic_write(path, json.dumps(value).encode())
        return value

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.train(iter(self.train_texts), PIECES, fewer=True)
