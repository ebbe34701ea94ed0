"""How hard a language model finds sentences, per word, in one protocol for every model.

    PPL = exp(−Σₛ ln p(s) / Σₛ (|s| + 1)),    |s| words of sentence s, + 1 for its end

The protocol: text as people read it (detokenised from subword pieces), words are what stands
between spaces, and the end of every sentence is scored and counted as one word, as KenLM's
``query`` does "including OOVs". Three things make another number that must not be compared with
this one: dividing by subword pieces (fewer nats each, so a lower perplexity for the same model),
leaving out the end of the sentence, and another vocabulary: unknown words share one ``<unk>``,
which is easy to predict where it is frequent. So the score names its model and counts them.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from swae_text.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Perplexity:
    """Perplexity of ``n`` sentences under one language model."""

    value: float
    """Perplexity per word including the end of sentence, at least 1."""
    nats: float
    """Mean negative log probability per word in nats: ln of ``value``."""
    words: int
    """Words scored: those between spaces, and one end of sentence for each sentence."""
    unknown: int
    """How many of the words the model does not know; they were scored as ``<unk>``."""
    n: int
    """Sentences scored."""
    lm: str
    """The language model: kind, vocabulary, and what it was trained on."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def format(self) -> str:
        """One line for a reader, with its signature."""
        return (
            f"perplexity {self.value:.2f} per word, {self.words} words, {self.unknown} unknown, "
            f"n {self.n} ({self.lm})"
        )


def split_words(sentence: str) -> list[str]:
    """The words of a sentence: what stands between spaces; none for the empty sentence."""
    return [word for word in sentence.split(" ") if word]


def perplexity(
    log_probs: Float64[np.ndarray, " n"], sentences: Sequence[str], unknown: int, lm: str
) -> Perplexity:
    """Perplexity per word from the log probabilities of whole sentences.

    Args:
        log_probs: natural logarithm of each sentence's probability, end of sentence included.
        sentences: the sentences, detokenised, in the same order; ``""`` counts as one word.
        unknown: how many of their words are outside the model's vocabulary.
        lm: signature of the language model.

    Raises:
        CorpusError: there is nothing to score, or the two do not pair up.
    """
    if len(log_probs) != len(sentences):
        raise CorpusError(
            f"{len(log_probs)} log probabilities and {len(sentences)} sentences do not pair up"
        )
    if not sentences:
        raise CorpusError("no sentences to score: give at least one")
    words = sum(len(split_words(sentence)) + 1 for sentence in sentences)
    nats = -float(log_probs.sum()) / words
    return Perplexity(math.exp(nats), nats, words, unknown, len(sentences), lm)
