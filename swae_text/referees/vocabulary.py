"""Words as ids, for classifiers: what stands between spaces, and was seen twice or more."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from swae_text.metrics.perplexity import split_words
from swae_text.models.classifier import END, UNKNOWN

_LEAST_SEEN = 2


class WordVocabulary:
    """Words to ids: unknown ones are ``UNKNOWN``, and every text ends with ``END``."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: END + 1 + number for number, word in enumerate(self.words)}

    @classmethod
    def of(cls, texts: Sequence[str]) -> "WordVocabulary":
        """Words that the texts have at least twice; the most frequent first, ties by spelling."""
        counts = Counter(word for text in texts for word in split_words(text))
        often = [word for word in counts if counts[word] >= _LEAST_SEEN]
        return cls(sorted(often, key=lambda word: (-counts[word], word)))

    def __len__(self) -> int:
        return END + 1 + len(self.words)

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Ids of each text's words, then ``END``."""
        ids = self._ids
        return [
            np.array([*(ids.get(word, UNKNOWN) for word in split_words(text)), END], dtype=np.int32)
            for text in texts
        ]
