"""A training split larger than memory and disk: shards, read a window of rows at a time.

    pass p:  row groups of all shards, in an order of p's own   ──cut evenly──▶   windows
    window:  rows ──▶ sentences ──▶ pieces, in memory            an epoch of the loop is one window

A row group is Parquet's own, or some thousand lines of JSON. Shuffled by row group, and within a
window by ``batching.py``. Which rows a window holds follows from where the groups lie (Parquet's
footers; lines are counted) and the seed alone: a run resumes at the very batch, and every process
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
from swae_text.corpora.columns import Record, Row, rows
from swae_text.corpora.formats import (
    JSON_LINES,
    LineGroup,
    Location,
    json_line_rows,
    kind_of,
    line_groups,
    parquet_groups,
    parquet_rows,
)
from swae_text.corpora.sources import source_files
from swae_text.corpora.splits import KEPT, judged
from swae_text.corpora.tokenised import Encoded, TokenisedSplit, tokenised
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import CorpusError

_AT_ONCE = 65_536  # sentences that are cut into pieces together


class _Group(NamedTuple):
    """Some rows of a shard that lie together."""

    path: Location
    first: int
    last: int
    lines: LineGroup | None = None
    """Where they are, if they are lines."""

    def rows(self, first: int, last: int) -> Iterator[Record | CorpusError]:
        """Those from ``first`` to before ``last``, numbers of the shard's rows."""
        if self.lines is None:
            return parquet_rows(self.path, first, last)
        return json_line_rows(Path(self.path), self.lines, first, last)


@dataclass(frozen=True)
class Windows:
    """The rows of a training split, in windows.

    Attributes:
        config: the corpus; its ``window`` is the most rows of one.
        shards: its training files.
    """

    config: CorpusConfig
    shards: tuple[Location, ...]

    @classmethod
    def of(cls, config: CorpusConfig) -> "Windows":
        """The windows of a source.

        Raises:
            CorpusError: its training split cannot be read from the middle, or is empty.
        """
        shards = source_files(config).get("train", [])
        if not shards or not all(map(_opens_in_the_middle, shards)):
            raise CorpusError(
                f"{config.source}: corpus.window reads a folder of shards "
                "(train-00000-of-00020.parquet or .jsonl, valid.parquet, …), and compressed none "
                "but Parquet: convert it (of the hub: hub:owner/name@refs/convert/parquet)"
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
        records = chain.from_iterable(
            group.rows(first, last) for group, first, last in self._parts(number)
        )
        return rows(records, self.config, count())

    def _parts(self, number: int) -> list[tuple[_Group, int, int]]:
        """What a window reads of which groups, in the order of the pass."""
        turn, place = divmod(number, self.a_pass)
        first, last = (self.total * edge // self.a_pass for edge in (place, place + 1))
        order = np.random.default_rng([self.config.seed, 3, turn]).permutation(len(self._groups))
        parts, start = [], 0
        for group in (self._groups[i] for i in order.tolist()):
            size = group.last - group.first
            wanted = max(first - start, 0), min(last - start, size)
            if wanted[0] < wanted[1]:
                parts.append((group, group.first + wanted[0], group.first + wanted[1]))
            start += size
        return parts

    @cached_property
    def _groups(self) -> list[_Group]:
        return [group for path in self.shards for group in _groups_of(path)]


def _opens_in_the_middle(path: Location) -> bool:
    plain = kind_of(path) in JSON_LINES and isinstance(path, Path) and path.suffix.lower() != ".gz"
    return plain or kind_of(path) == ".parquet"


def _groups_of(path: Location) -> Iterator[_Group]:
    if kind_of(path) == ".parquet":
        yield from (_Group(path, *edges) for edges in parquet_groups(path))
    else:
        yield from (
            _Group(path, group.first, group.last, group) for group in line_groups(Path(path))
        )


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
