"""From records with named columns to rows of text: which column is the text, which the label."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from swae_text.config import CorpusConfig
from swae_text.errors import CorpusError

TEXT_COLUMNS = (
    ("text",),
    ("sentence",),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("review",),
    ("content",),
)
"""Columns taken for the text when none is named, the first that is there."""

LABEL_COLUMNS = ("label", "sentiment", "class", "category")
"""Columns taken for the label when none is named. A pair of sentences gets none: its label is of
the pair."""

NO_LABEL = ("", "-", "-1")
"""Cells that mean "no label" (``-1`` on the hub, ``-`` in SNLI's own files)."""


_HALF_PAIR = re.compile("[\ud800-\udfff]")


class Row(NamedTuple):
    """One text of a source. Texts of one row or review share a ``group`` and so a split."""

    text: str
    label: str | None
    group: int
    where: str
    problem: str = ""
    """Why the row could not be read and is skipped: it has no text then."""


class Record(NamedTuple):
    """The cells of one row by column name, and where it stands (``file:line``)."""

    cells: Mapping[str, Any]
    where: str


class Columns(NamedTuple):
    """The columns that are read; ``label`` is None where rows have none."""

    text: tuple[str, ...]
    label: str | None


def find_columns(names: Iterable[str], config: CorpusConfig, where: str) -> Columns:
    """Choose the columns that are named in the settings, or else by their usual names.

    Raises:
        CorpusError: a named column is not there, or none of the usual names is.
    """
    names = list(names)
    text = config.text or next((known for known in TEXT_COLUMNS if set(known) <= set(names)), None)
    if text is None:
        raise CorpusError(
            f"{where}: which of the columns ({', '.join(names)}) is the text? "
            "Name it: --set 'corpus.text=[COLUMN]'"
        )
    label = config.label
    if label is None and len(text) == 1:
        label = next((name for name in LABEL_COLUMNS if name in names and name not in text), None)
    for name in (*text, *([label] if label else [])):
        if name not in names:
            raise CorpusError(f"{where}: no column '{name}' (there are: {', '.join(names)})")
    return Columns(text, label or None)


def rows(
    records: Iterable[Record | CorpusError], config: CorpusConfig, groups: Iterator[int]
) -> Iterator[Row]:
    """One row for each text column of each record; ``groups`` numbers the records.

    Raises:
        CorpusError: a record is an error, lacks a column, or has a text that is no string, and bad
            rows are refused; or there are none but bad rows.
    """
    columns: Columns | None = None
    problem: CorpusError | None = None
    for record in records:
        group = next(groups)
        try:
            if isinstance(record, CorpusError):
                raise record
            columns = columns or find_columns(record.cells, config, record.where)
            found = _rows(record, columns, group)
        except CorpusError as error:
            problem = problem or error
            found = [bad_row(error, group, config)]
        yield from found
    if problem and columns is None:
        raise problem


def bad_row(error: CorpusError, group: int, config: CorpusConfig) -> Row:
    """What stands for a row that cannot be read, where such rows are skipped.

    Raises:
        CorpusError: the error; they are refused.
    """
    if config.on_bad_row == "refuse":
        raise error
    return Row("", None, group, "", problem=str(error))


def _rows(record: Record, columns: Columns, group: int) -> list[Row]:
    cells, where = record
    label = _label(cells, columns.label, where) if columns.label else None
    texts = [_text(cells, name, where) for name in columns.text]
    return [Row(text, label, group, where) for text in texts]


def label_of(cell: object) -> str | None:
    """A label as the string it is known by: ``1``, ``1.0`` and ``"1"`` are all ``"1"``.

    Raises:
        ValueError: it is a list or another thing that is no label; says which.
    """
    if isinstance(cell, list | dict | bytes):
        raise ValueError(f"a {type(cell).__name__}")
    if cell is None or cell != cell:  # a missing number is "not a number"
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    if not text.isascii() and _HALF_PAIR.search(text):
        raise ValueError("half of a surrogate pair")
    return None if text in NO_LABEL else text


def _text(cells: Mapping[str, Any], name: str, where: str) -> str:
    text = _cell(cells, name, where)
    if not isinstance(text, str | None):
        kind = type(text).__name__
        raise CorpusError(f"{where}: column '{name}' holds a {kind}, not a text")
    return text or ""


def _label(cells: Mapping[str, Any], name: str, where: str) -> str | None:
    try:
        return label_of(_cell(cells, name, where))
    except ValueError as error:
        raise CorpusError(f"{where}: column '{name}' holds {error}, not a label") from error


def _cell(cells: Mapping[str, Any], name: str, where: str) -> object:
    try:
        return cells[name]
    except KeyError:
        there = ", ".join(cells) or "none"
        raise CorpusError(f"{where}: no column '{name}' (there are: {there})") from None
