"""Several sentences a line: with tabs between them, as ``paste`` writes, or ``{"texts": [...]}``.

As in ``streams.py``, other keys pass through and each line has one record in the output, in order.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from swae_text.cli.streams import Record, for_sentences, read_lines
from swae_text.errors import CorpusError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Group:
    """The sentences of one line."""

    texts: tuple[str, ...]
    """At least as many as were asked for; none for an empty line."""
    where: str
    """``file:line``, for messages."""
    fields: dict[str, Any] = field(default_factory=dict)
    """The whole JSON object; empty for a plain line."""


def read_groups(file: str | None, count: int, *, more: bool = False) -> Iterator[Group]:
    """Read a file, or stdin for None and ``-``, line by line.

    Args:
        file: where from.
        count: sentences that a line has to have, if it has any.
        more: whether it may have more.

    Raises:
        CorpusError: the file cannot be read, or a line has another number of sentences, or an empty
            one among them, or is not UTF-8 or not such an object.
    """
    for line, fields, where in read_lines(file):
        texts = line.split("\t") if fields is None else fields.get("texts", [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise CorpusError(f"{where}: 'texts' is not a list of sentences")
        if not any(text.strip() for text in texts):
            texts = []
        elif len(texts) < count or (len(texts) > count and not more):
            wanted = f"{count} or more" if more else f"{count}"
            told = 'with tabs between them or as {"texts": [...]}'
            raise CorpusError(f"{where}: sentences given: {len(texts)}, wanted: {wanted}, {told}")
        for number, text in enumerate(texts, start=1):
            if not text.strip():
                raise CorpusError(
                    f"{where}: sentence {number} of {len(texts)} is empty: leave the line out"
                )
        yield Group(tuple(texts), where, fields or {})


def encoded(
    batch: list[Group], encode: "Callable[[list[str]], Tensor]"
) -> "list[tuple[Group, list[Tensor]]]":
    """Each line with the vectors of its sentences; all sentences are encoded at once.

    Raises:
        CorpusError: a sentence was refused; the message says on which line it stands.
    """
    flat = [Record(text, group.where) for group in batch for text in group.texts]
    vectors = iter(for_sentences(flat, lambda texts: list(encode(texts))))
    return [(group, list(itertools.islice(vectors, len(group.texts)))) for group in batch]
