"""Required words: a beam search whose every sentence holds them (Post & Vilar, 2018).

Dynamic beam allocation: prefixes that have as many pieces of the required words share a bank, and
the beam is dealt out evenly over the banks, so that prefixes with the words need not outrun those
without (arXiv 1804.06609). Candidates are the likeliest ones, each prefix's own likeliest next
piece, and the next pieces of what is required. A word that was begun may be abandoned; only what
holds all of them may end, and near the length limit only what can still hold them in time goes on.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from swae_text.corpora.tokenizer import EOS, Tokenizer
from swae_text.errors import ConfigError
from swae_text.generation.banned import as_words, is_letter


class Progress(NamedTuple):
    """What a prefix has of the required words."""

    met: frozenset[int]
    """Numbers of the words that stand in it, with what comes after them."""
    tail: tuple[int, ...]
    """The pieces at its end that are a beginning of a word not yet met, or all of it."""


NOTHING = Progress(frozenset(), ())


class RequiredWords:
    """Follows prefixes piece by piece; knows how many pieces are missing.

    Args:
        words: normalised words or phrases; at least one.
        tokenizer: cuts them as it does within sentences. Words cut otherwise do not count.
    """

    def __init__(self, words: Sequence[str], tokenizer: Tokenizer) -> None:
        self._each = [as_words([word]) for word in words]
        self._cuts = [tuple(ids[:-1]) for ids in tokenizer.encode(words)]
        self._grows = [is_letter(word[-1]) for word in words]  # food → foodie
        self._begins = torch.tensor([_ends_words(surface) for surface in tokenizer.surfaces()])
        self._begins[EOS] = True
        self.pieces = sum(map(len, self._cuts))
        self.after = lru_cache(maxsize=100_000)(self._after_token)
        self._needs = lru_cache(maxsize=1000)(self._needed)

    def stand_in(self, text: str) -> bool:
        """Whether a sentence holds all of them."""
        return all(word.search(text) for word in self._each)

    def check_length(self, longest: int) -> None:
        """Refuse words that cannot all stand in a sentence.

        Raises:
            ConfigError: they have more pieces than the model writes.
        """
        if self.pieces >= longest:
            raise ConfigError(
                f"the required words have {self.pieces} pieces and this model writes "
                f"{longest - 1} at most: require fewer words"
            )

    def missing(self, progress: Progress) -> int:
        """Pieces that are still to be written."""
        return self.pieces - sum(len(self._cuts[i]) for i in progress.met) - len(progress.tail)

    def next(self, progress: Progress) -> list[int]:
        """The pieces that go on with a required word, or begin one."""
        return sorted(
            {
                cut[len(begun)]
                for cut in self._unmet(progress)
                for begun in (progress.tail, ())
                if len(begun) < len(cut) and cut[: len(begun)] == begun
            }
        )

    def too_late(self, prefixes: Sequence[Progress], left: int) -> Bool[Tensor, "prefixes vocab"]:
        """The tokens after which the words cannot all be written in the ``left`` steps that remain.

        The end is one of them until all words are there.
        """
        return torch.stack([self._needs(progress) for progress in prefixes]) > left

    def _needed(self, progress: Progress) -> Int[Tensor, " vocab"]:
        """Steps that are needed after each token: missing pieces and the end."""
        usual = [self._missing_after(progress, -1, begins) for begins in (False, True)]
        needs = torch.where(self._begins, usual[1], usual[0]) + 1
        for token in {token for cut in self._cuts for token in cut}:
            needs[token] = self.missing(self.after(progress, token)) + 1
        needs[EOS] = torch.iinfo(needs.dtype).max if self.missing(self.after(progress, EOS)) else 0
        return needs

    def _missing_after(self, progress: Progress, token: int, begins: bool) -> int:
        return self.missing(self._after(progress, token, begins))

    def _after_token(self, progress: Progress, token: int) -> Progress:
        return self._after(progress, token, bool(self._begins[token]))

    def _after(self, progress: Progress, token: int, begins: bool) -> Progress:
        """A word is met by what comes after it; a tail is the longest beginning of one not met."""
        ended = {
            number
            for number, cut in enumerate(self._cuts)
            if progress.tail[-len(cut) :] == cut and (begins or not self._grows[number])
        }
        met, tail = progress.met | ended, (*progress.tail, token)
        unmet = self._unmet(Progress(met, ()))
        while tail and not any(cut[: len(tail)] == tail for cut in unmet):
            tail = tail[1:]
        return Progress(met, tail)

    def _unmet(self, progress: Progress) -> list[tuple[int, ...]]:
        return [cut for number, cut in enumerate(self._cuts) if number not in progress.met]


def allocate(candidates: Sequence[int], beams: int) -> list[int]:
    """How many of the ``beams`` each bank gets, from the one with the fewest pieces met.

    The beam is dealt evenly, what is over to the last bank; places that a bank has no candidates
    for go to others, to those with the most pieces met first.
    """
    places = [beams // len(candidates)] * len(candidates)
    places[-1] += beams % len(candidates)
    kept = [min(place, count) for place, count in zip(places, candidates, strict=True)]
    for bank in reversed(range(len(kept))):
        kept[bank] += min(beams - sum(kept), candidates[bank] - kept[bank])
    return kept


def _ends_words(surface: bytes) -> bool:
    """Whether a word is over where this piece comes; a byte of a letter does not tell."""
    sign = surface.decode("utf-8", "ignore")[:1]
    return sign != "" and not is_letter(sign)
