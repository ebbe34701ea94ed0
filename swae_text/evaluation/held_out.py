"""What a model is tested on: held-out sentences, and their vectors, computed once for all parts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from swae_text.corpora.store import PreparedCorpus
from swae_text.space import SentenceSpace


@dataclass(frozen=True)
class HeldOut:
    """Sentences that no part of the model has learned from.

    Attributes:
        corpus: where they come from.
        split: which part of it.
        texts: normalised.
        labels: one for each text, None where it has none; or nothing at all.
    """

    corpus: str
    split: str
    texts: Sequence[str]
    labels: Sequence[str | None] = field(default=())

    @classmethod
    def of(cls, corpus: PreparedCorpus, source: str, split: str, most: int) -> "HeldOut":
        """The first ``most`` sentences of the ``valid`` or ``test`` split of a prepared corpus."""
        rows = np.arange(min(len(corpus.split(split)), most))
        return cls(source, split, *corpus.sentences(split, rows))


class Encoded:
    """Held-out sentences on their way through a space: ``x → c → z → ĉ``.

    Args:
        space: the model.
        texts: the sentences.
    """

    def __init__(self, space: SentenceSpace, texts: Sequence[str]) -> None:
        self.space, self.texts = space, texts

    @cached_property
    def codes(self) -> Tensor:
        """Codes of stage one ``[sentences, C]``."""
        return self.space.encode(self.texts, space="code")

    @cached_property
    def z(self) -> Tensor:
        """Vectors of the default space ``[sentences, dim]``."""
        with torch.inference_mode():
            return self.space.to_space(self.codes, None)

    @cached_property
    def returned(self) -> Tensor:
        """Codes that come back through stage two ``[sentences, C]``."""
        with torch.inference_mode():
            return self.space.to_codes(self.z, None)
