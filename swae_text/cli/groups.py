"""Several sentences a line: with tabs between them, as ``paste`` writes, or ``{"texts": [...]}``.

As in ``streams.py``, other keys pass through and each line has one record in the output, in order.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from swae_text.cli.streams import BadLines, Record, fields_of, read_lines
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


def read_groups(
    file: str | None, count: int, bad: BadLines, *, more: bool = False
) -> Iterator[Group]:
    """Read a file, or stdin for None and ``-``, line by line.

    Args:
        file: where from.
        count: sentences that a line has to have, if it has any.
        bad: what is done about lines that cannot be used.
        more: whether it may have more.

    Raises:
        CorpusError: the file cannot be read; or, where bad lines are refused, a line has another
            number of sentences, or an empty one among them, or is not UTF-8 or not such an object.
    """
    for line, where in read_lines(file):
        try:
            group = _group(line, where, count, more)
        except CorpusError as error:
            group = Group((), where, bad.excuse(Record("", where), error).fields)
        yield group


def _group(line: str, where: str, count: int, more: bool) -> Group:
    fields = fields_of(line, where)
    texts = line.split("\t") if fields is None else fields.get("texts")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise CorpusError(f"{where}: 'texts' is not a list of sentences")
    if not any(text.strip() for text in texts):
        return Group((), where, fields or {})
    if len(texts) < count or (len(texts) > count and not more):
        wanted = f"{count} or more" if more else f"{count}"
        told = 'with tabs between them or as {"texts": [...]}'
        raise CorpusError(f"{where}: sentences given: {len(texts)}, wanted: {wanted}, {told}")
    _refuse_empty(texts, where, "leave the line out")
    return Group(tuple(texts), where, fields or {})


def given(sentences: Sequence[str]) -> Group:
    """The sentences of the command line.

    Raises:
        CorpusError: one of them is empty.
    """
    where = "the command line"
    _refuse_empty(sentences, where, "give one that says something")
    return Group(tuple(sentences), where)


def _refuse_empty(texts: Sequence[str], where: str, otherwise: str) -> None:
    for number, text in enumerate(texts, start=1):
        if Record(text, where).empty:
            raise CorpusError(f"{where}: sentence {number} of {len(texts)} is empty: {otherwise}")


def encoded(
    batch: list[Group], encode: "Callable[[list[str]], Tensor]", bad: BadLines
) -> "list[tuple[Group, list[Tensor]]]":
    """Each line with the vectors of its sentences; all sentences are encoded at once.

    Raises:
        CorpusError: a sentence was refused; the message says on which line it stands.
    """
    flat = [text for group in batch for text in group.texts]
    try:
        vectors = iter(encode(flat) if flat else ())
    except CorpusError:
        return [_alone(group, encode, bad) for group in batch]
    return [(group, list(itertools.islice(vectors, len(group.texts)))) for group in batch]


def _alone(
    group: Group, encode: "Callable[[list[str]], Tensor]", bad: BadLines
) -> "tuple[Group, list[Tensor]]":
    """The same for one line, so that a refusal names it."""
    try:
        return group, list(encode(list(group.texts))) if group.texts else []
    except CorpusError as error:
        record = Record("", group.where, group.fields)
        excused = bad.excuse(record, CorpusError(f"{group.where}: {error}"))
        return replace(group, fields=excused.fields), []
