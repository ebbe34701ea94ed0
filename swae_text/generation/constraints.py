"""Words that ``Decoding`` bans or requires, from what a user wrote to what decoders follow.

Words are normalised as the corpus is: ``Food`` is ``food`` to a model of lower-case sentences,
``don't`` is the phrase ``do n't`` where contractions are set apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from swae_text.config import CorpusConfig
from swae_text.corpora.cleaning import normalise
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import ConfigError
from swae_text.generation.banned import BannedWords, as_words
from swae_text.generation.required import RequiredWords


@dataclass(frozen=True)
class Constraints:
    """What a decoder must keep to; nothing by default."""

    banned: BannedWords | None = None
    required: RequiredWords | None = None

    def kept_in(self, text: str) -> bool:
        """Whether a normalised sentence holds all that is required and nothing that is banned."""
        free = self.banned is None or not self.banned.stand_in(text)
        return free and (self.required is None or self.required.stand_in(text))


FREE = Constraints()


def constraints(
    banned: Sequence[str], required: Sequence[str], tokenizer: Tokenizer, corpus: CorpusConfig
) -> Constraints:
    """Words as a model's tokenizer and corpus write them.

    Raises:
        ConfigError: an empty word, or a required one that holds a banned one.
    """
    if not banned and not required:
        return FREE
    return _constraints(
        tuple(_written(word, corpus) for word in banned),
        tuple(_written(word, corpus) for word in required),
        tokenizer,
    )


@lru_cache(maxsize=8)  # a stream asks for every batch, and what is learned of pieces is dear
def _constraints(
    banned: tuple[str, ...], required: tuple[str, ...], tokenizer: Tokenizer
) -> Constraints:
    unique = tuple(dict.fromkeys(required))
    for word in unique if banned else ():
        if found := as_words(banned).search(word):
            raise ConfigError(f"{word!r} is required and holds {found[0]!r}, which is banned")
    return Constraints(
        BannedWords(banned, tokenizer) if banned else None,
        RequiredWords(unique, tokenizer) if unique else None,
    )


def _written(word: str, corpus: CorpusConfig) -> str:
    """One word in its normal form; pieces and bytes can write any."""
    normal = normalise(word, corpus)
    if not normal:
        raise ConfigError(f"the word {word!r} is empty: ban or require letters or signs")
    return normal
