"""A training split larger than memory and disk: Parquet shards, read a window of rows at a time.

    pass p:  row groups of all shards, in an order of p's own   ──cut evenly──▶   windows
    window:  rows ──▶ sentences ──▶ pieces, in memory            an epoch of the loop is one window

Shuffled by row group, and within a window by ``batching.py``. Which rows a window holds follows
from the shards' footers and the seed alone: a run resumes at the very batch, and every process
reads the same window and takes its share of the batches, so that no row comes twice or is lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from swae_text.config import CorpusConfig
from swae_text.corpora.cleaning import sentences
from swae_text.corpora.columns import Row, rows
from swae_text.corpora.formats import kind_of, parquet_groups, parquet_rows
from swae_text.corpora.sources import source_files
from swae_text.corpora.splits import KEPT, judged
from swae_text.corpora.tokenised import Encoded, TokenisedSplit, tokenised
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import CorpusError

_AT_ONCE = 65_536  # sentences that are cut into pieces together


class _Group(NamedTuple):
    """Some rows of a shard that lie together: a row group, or the part of it in a window."""

    path: Path
    first: int
    last: int


@dataclass(frozen=True)
class Windows:
    """The rows of a training split, in windows.

    Attributes:
        config: the corpus; its ``window`` is the most rows of one.
        shards: its training files.
    """

    config: CorpusConfig
    shards: tuple[Path, ...]

    @classmethod
    def of(cls, config: CorpusConfig) -> "Windows":
        """The windows of a source.

        Raises:
            CorpusError: its training split is not Parquet, which alone can be read from the
                middle, or is empty.
        """
        shards = source_files(config).get("train", [])
        if not shards or any(kind_of(path) != ".parquet" for path in shards):
            raise CorpusError(
                f"{config.source}: corpus.window reads a folder of Parquet shards "
                "(train-00000-of-00020.parquet, valid.parquet, …) and nothing else: convert it"
            )
        windows = cls(config, tuple(shards))
        if not windows.total:
            raise CorpusError(f"{config.source}: empty: there is not one row in its shards")
        return windows

    @property
    def total(self) -> int:
        """Rows of all shards."""
        return sum(group.last - group.first for group in self._groups)

    @property
    def a_pass(self) -> int:
        """Windows that hold all rows once."""
        return -(-self.total // (self.config.window or self.total))

    def rows(self, number: int) -> Iterator[Row]:
        """The rows of a window of the run, counted from 0 over all its passes.

        Raises:
            CorpusError: a shard cannot be read, or a row where bad ones are refused.
        """
        records = chain.from_iterable(parquet_rows(*part) for part in self._parts(number))
        return rows(records, self.config, count())

    def _parts(self, number: int) -> list[_Group]:
        """What a window reads of which shards, in the order of the pass."""
        turn, place = divmod(number, self.a_pass)
        first, last = (self.total * edge // self.a_pass for edge in (place, place + 1))
        order = np.random.default_rng([self.config.seed, 3, turn]).permutation(len(self._groups))
        parts, start = [], 0
        for path, begin, end in (self._groups[i] for i in order.tolist()):
            wanted = max(first - start, 0), min(last - start, end - begin)
            if wanted[0] < wanted[1]:
                parts.append(_Group(path, begin + wanted[0], begin + wanted[1]))
            start += end - begin
        return parts

    @cached_property
    def _groups(self) -> list[_Group]:
        return [_Group(path, *edges) for path in self.shards for edges in parquet_groups(path)]


@dataclass(frozen=True)
class Stream:
    """Windows as the sentences that a model is trained on.

    Attributes:
        windows: the rows.
        tokenizer: cuts them into pieces.
        max_tokens: longest sentence in pieces, with its end; longer ones are dropped.
        held_out: keys of the sentences that no training may see.
    """

    windows: Windows
    tokenizer: Tokenizer
    max_tokens: int
    held_out: frozenset[str]

    def read(self, number: int) -> TokenisedSplit:
        """The sentences of a window; they have no labels.

        Raises:
            CorpusError: as ``Windows.rows``.
        """
        return tokenised(self._encoded(number), self.max_tokens)

    def _encoded(self, number: int) -> Iterator[Encoded]:
        kept = self._kept(number)
        while some := list(islice(kept, _AT_ONCE)):
            yield some, np.full(len(some), -1, np.int32), self.tokenizer.encode(some)

    def _kept(self, number: int) -> Iterator[str]:
        config = self.windows.config
        for row in self.windows.rows(number):
            for sentence in sentences(row.text, config):
                reason, same = judged(sentence, config)
                if reason == KEPT and same not in self.held_out:
                    yield sentence
