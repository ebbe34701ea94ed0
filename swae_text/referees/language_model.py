"""Training the recurrent language model, and what it says of sentences.

The forward perplexity scores a model's samples with one trained on real sentences; the reverse one
scores real sentences with one trained on samples (Zhao et al., 2018, ARAE). Both use the same
pieces, so that they are the same ruler.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from torch import Tensor

from swae_text.config import Size
from swae_text.corpora.batching import pad
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import ModelFolderError, TokenizerError
from swae_text.metrics.perplexity import Perplexity, perplexity
from swae_text.models.language_model import LanguageModel
from swae_text.referees.folder import (
    TOKENIZER,
    WEIGHTS,
    RefereeSettings,
    read_referee,
    write_referee,
)
from swae_text.referees.settings import LanguageModelConfig
from swae_text.referees.stage import (
    RefereeStage,
    in_batches,
    split,
    start_engine,
    train_stage,
)
from swae_text.training.events import Report
from swae_text.weights import fill, outline

_LONGEST = 256  # pieces of a drawn sentence, at most
_DRAWN_AT_ONCE = 1024


class _Settings(RefereeSettings):
    kind: Literal["language model"] = "language model"
    width: Size


Tokens = Sequence[NDArray[np.int32]]
"""Pieces of each text, with ``EOS``."""


@dataclass(frozen=True)
class RecurrentLM:
    """A trained language model of sentences.

    Attributes:
        tokenizer: its own, whatever the judged model uses.
        module: in evaluation mode.
        signature: what it is and what it was trained on.
    """

    tokenizer: Tokenizer
    module: LanguageModel
    signature: str

    def log_probs(self, texts: Sequence[str]) -> Float64[np.ndarray, " n"]:
        """Natural logarithm of each text's probability, its end included."""
        return _log_probs(self.module, _pieces(self.tokenizer, texts))

    def perplexity(self, texts: Sequence[str]) -> Perplexity:
        """Perplexity a word, ends of sentences counted; no word is unknown to pieces.

        Raises:
            CorpusError: there are no texts.
        """
        return perplexity(self.log_probs(texts), texts, 0, self.signature)

    @torch.inference_mode()
    def sample(self, n: int, seed: int) -> list[str]:
        """Draw ``n`` sentences from the model's own distribution (ancestral sampling)."""
        generator = torch.Generator(self.module.bias.device).manual_seed(seed)
        drawn: list[list[int]] = []
        while len(drawn) < n:
            size = min(_DRAWN_AT_ONCE, n - len(drawn))
            drawn += self.module.sample(size, _LONGEST, generator)
        return self.tokenizer.decode(drawn)

    def save(self, path: str | Path) -> None:
        """Write a folder; each file appears whole or not at all."""
        width = self.module.embedding.embedding_dim
        settings = _Settings(signature=self.signature, width=width)
        write_referee(Path(path), settings, self.module, {TOKENIZER: self.tokenizer.to_bytes()})

    @classmethod
    def load(cls, path: str | Path) -> "RecurrentLM":
        """Read a folder that ``save`` wrote.

        Raises:
            ModelFolderError: a part is missing or damaged, or it is something else.
        """
        path = Path(path)
        settings = read_referee(path, _Settings, TOKENIZER)
        try:
            tokenizer = Tokenizer.from_bytes((path / TOKENIZER).read_bytes())
        except TokenizerError as error:
            raise ModelFolderError(f"{path / TOKENIZER}: {error}") from error
        module = outline(lambda: LanguageModel(tokenizer.vocab_size, settings.width))
        fill(module, path / WEIGHTS)
        return cls(tokenizer, module.eval(), settings.signature)


class _Stage(RefereeStage):
    """The language model as the loop sees it."""

    def __init__(
        self,
        module: LanguageModel,
        tokens: Tokens,
        held_out: Tokens,
        config: LanguageModelConfig,
        seed: int,
    ) -> None:
        super().__init__("language_model", module, _lengths(tokens), config, seed)
        self.tokens, self.held_out = tokens, held_out
        module.dropout.p = config.dropout_at(self.passes)

    def nats(self, module: Any, rows: NDArray[np.int64]) -> Tensor:
        """Nats a token."""
        tokens = pad([self.tokens[row] for row in rows])
        nats: Tensor = module.loss(tokens.to(self.module.bias.device))
        return nats

    def held_out_nats(self) -> float:
        """Nats a token."""
        nats = -_log_probs(self.module, self.held_out).sum()
        return float(nats / _lengths(self.held_out).sum())


def train_language_model(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    config: LanguageModelConfig,
    seed: int,
    folder: Path,
    report: Report | None = None,
) -> RecurrentLM:
    """Train on all of these texts but those held out to choose the best look.

    The same arguments give the same weights on the same machine and number of threads.

    Args:
        texts: normalised sentences.
        tokenizer: the referee's own; for comparisons always the same.
        config: size and budget.
        seed: of initialisation, order, dropout and the texts held out.
        folder: where ``metrics.jsonl`` goes (and, while it trains, a checkpoint).
        report: who listens.

    Raises:
        TrainingError: there are fewer than two texts, or the loss is not finite.
    """
    engine = start_engine(config, seed)
    module = LanguageModel(tokenizer.vocab_size, config.width)
    pieces, rows = _pieces(tokenizer, texts), split(len(texts), config, seed)
    train, held_out = ([pieces[row] for row in part] for part in rows)
    stage = _Stage(module, train, held_out, config, seed)
    train_stage(stage, engine, folder, report, seed)
    signature = (
        f"lstm{config.width}|pieces:{tokenizer.vocab_size}|steps:{stage.budget.steps}|"
        f"trained:{len(train)}|{engine.precision}|seed:{seed}"
    )
    return RecurrentLM(tokenizer, module, signature)


@torch.inference_mode()
def _log_probs(module: LanguageModel, tokens: Tokens) -> NDArray[np.float64]:
    def score(rows: NDArray[np.int64]) -> Tensor:
        return module.log_probs(pad([tokens[row] for row in rows]).to(module.bias.device))

    return in_batches(_lengths(tokens), score)


def _pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> list[NDArray[np.int32]]:
    return [np.array(row, dtype=np.int32) for row in tokenizer.encode(texts)]


def _lengths(tokens: Tokens) -> NDArray[np.int32]:
    return np.array([len(row) for row in tokens], dtype=np.int32)
