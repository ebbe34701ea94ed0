r"""Banned words: pieces that would complete one are never written, however the word is cut.

    p̃(y_t | y_<t) ∝ p(y_t | y_<t) · 1[text(y_≤t) holds no banned word]

The same word has many cuts (``▁food``, ``▁fo od``), so lists of ids, as other decoders keep them,
leave holes; here the text counts. A word is over only when what follows is no letter, so ``food``
may grow to ``foodie``: a piece that leaves a banned word at the end of the text is written only
where the model's next choice goes on with that word, which one more step tells. What the model
writes without a ban and does not hold the word stays as it is.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from swae_text.corpora.tokenizer import BOS, EOS, PAD, Tokenizer
from swae_text.generation.guidance import Writer
from swae_text.nn.base import DecoderState

BEGIN = " "
"""The text before the first piece: a word may start."""


def as_words(words: Sequence[str]) -> re.Pattern[str]:
    """What finds words or phrases in a text where no letter, digit or ``_`` touches them.

    An end of the word that is a sign itself (``n't !``) may touch anything. Case counts.
    """
    return _pattern(words, r"(?!\w)")


def is_letter(sign: str) -> bool:
    """Whether a word goes on over this sign: a letter, a digit or ``_``."""
    return re.match(r"\w", sign) is not None


class BannedWords:
    """Follows texts piece by piece; knows which pieces would complete a banned word.

    A text is kept as the sign before (a letter or none) and what may become a banned word: few
    such texts occur, and each is looked up once. Letters that the tokenizer spells in bytes count
    as ends of words, which may ban a little too much and never too little.

    Args:
        words: normalised words, or phrases with single spaces; at least one.
        tokenizer: says what each piece adds to a text.
    """

    def __init__(self, words: Sequence[str], tokenizer: Tokenizer) -> None:
        self._words = [(word.encode(), is_letter(word[0])) for word in words]
        self._surfaces = tokenizer.surfaces()
        self._surfaces[EOS] = b"\n"  # no letter, so an end ends words as well
        self._anywhere, self._complete = as_words(words), _pattern(words, r"(?=\W)")
        self.after = lru_cache(maxsize=100_000)(self._after)
        self._forbidden = lru_cache(maxsize=1000)(self._forbidden_after)

    def forbidden(self, texts: Sequence[str]) -> Bool[Tensor, "texts vocab"]:
        """The pieces, and the end, that would complete a banned word after each text."""
        return torch.stack([self._forbidden(text) for text in texts])

    def stand_in(self, text: str) -> bool:
        """Whether a sentence holds any of them."""
        return self._anywhere.search(text) is not None

    def ends(self, text: str, token: int = EOS) -> bool:
        """Whether a token would complete a banned word after a text."""
        return self._complete.search(self._joined(text, token), 1) is not None

    def leaves_open(self, text: str, token: int) -> bool:
        """Whether a text and one more piece would hold a banned word if nothing went on with it."""
        return token != EOS and self.ends(self.after(text, token))

    def cut(self, tokens: Sequence[int]) -> list[int]:
        """A sentence that was cut at the length limit, without a banned word at its end."""
        kept = list(tokens)
        while kept and self._anywhere.search(self._text(kept)):
            kept.pop()
        return kept

    def _after(self, text: str, token: int) -> str:
        """What is to be kept of a text and one more piece."""
        text = re.sub(" +", " ", self._joined(text, token))
        start = next((at for at in range(1, len(text)) if self._may_grow(text, at)), len(text))
        return ("a" if is_letter(text[start - 1]) else " ") + text[start:]

    def _may_grow(self, text: str, at: int) -> bool:
        """Whether a banned word may have begun at a place of the text."""
        begun, inside = text[at:].encode("utf-8", "surrogateescape"), is_letter(text[at - 1])
        return any(word.startswith(begun) and not (inside and own) for word, own in self._words)

    def _forbidden_after(self, text: str) -> Bool[Tensor, " vocab"]:
        return torch.tensor([self.ends(text, token) for token in range(len(self._surfaces))])

    def _joined(self, text: str, token: int) -> str:
        """Half of a letter stays as it is until its other bytes come."""
        joined = text.encode("utf-8", "surrogateescape") + self._surfaces[token]
        return joined.decode("utf-8", "surrogateescape")

    def _text(self, tokens: Sequence[int]) -> str:
        return b"".join(self._surfaces[token] for token in tokens).decode("utf-8", "replace")


def look_ahead(
    writer: Writer,
    state: DecoderState,
    rows: Int[Tensor, " unsure"],
    tokens: Int[Tensor, " unsure"],
) -> Float[Tensor, "unsure vocab"]:
    """Scores of what would come next if some rows of a batch took these tokens."""
    logits, _ = writer.step(tokens, [part[rows] for part in state])
    logits[:, [PAD, BOS]] = -torch.inf
    return logits


def _pattern(words: Sequence[str], after_letter: str) -> re.Pattern[str]:
    return re.compile(
        "|".join(
            (r"(?<!\w)" if is_letter(word[0]) else "")
            + " +".join(map(re.escape, word.split()))
            + (after_letter if is_letter(word[-1]) else "")
            for word in words
        )
    )
