"""From records with named columns to rows of text: which column is the text, which the label."""

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


class Row(NamedTuple):
    """One text of a source. Texts of one row or review share a ``group`` and so a split."""

    text: str
    label: str | None
    group: int
    where: str


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


def rows(records: Iterable[Record], config: CorpusConfig, groups: Iterator[int]) -> Iterator[Row]:
    """One row for each text column of each record; ``groups`` numbers the records.

    Raises:
        CorpusError: a record lacks a column, or a text is no string.
    """
    columns: Columns | None = None
    for cells, where in records:
        columns = columns or find_columns(cells, config, where)
        label = label_of(_cell(cells, columns.label, where)) if columns.label else None
        group = next(groups)
        for name in columns.text:
            text = _cell(cells, name, where)
            if not isinstance(text, str | None):
                kind = type(text).__name__
                raise CorpusError(f"{where}: column '{name}' holds a {kind}, not a text")
            yield Row(text or "", label, group, where)


def label_of(cell: object) -> str | None:
    """A label as the string it is known by: ``1``, ``1.0`` and ``"1"`` are all ``"1"``."""
    if cell is None or cell != cell:  # a missing number is "not a number"
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    return None if text in NO_LABEL else text


def _cell(cells: Mapping[str, Any], name: str, where: str) -> object:
    try:
        return cells[name]
    except KeyError:
        there = ", ".join(cells) or "none"
        raise CorpusError(f"{where}: no column '{name}' (there are: {there})") from None
