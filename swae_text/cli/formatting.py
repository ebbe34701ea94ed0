"""How results look: compact JSON in a pipe, text and aligned tables on a terminal."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from swae_text.cli.streams import Record, is_terminal

LineForm = Literal["text", "jsonl"]
"""One sentence a line, or one JSON object a line."""
WalkForm = Literal["table", "text", "jsonl"]
"""An aligned table for people, or the points of a walk as sentences or JSON objects."""
TableForm = Literal["table", "json"]
"""An aligned table for people, or one JSON object for programs."""


def line_form(asked: LineForm | None) -> LineForm:
    """What to write sentences as: text on a terminal, JSON lines in a pipe."""
    return asked or ("text" if is_terminal(sys.stdout) else "jsonl")


def walk_form(asked: WalkForm | None) -> WalkForm:
    """What to write the points of a walk as: a table on a terminal, JSON lines in a pipe."""
    return asked or ("table" if is_terminal(sys.stdout) else "jsonl")


def table_form(asked: TableForm | None) -> TableForm:
    """What to write results as: a table on a terminal, JSON in a pipe."""
    return asked or ("table" if is_terminal(sys.stdout) else "json")


def as_json(value: Any) -> str:
    """One line of JSON, with letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def as_block(value: Any) -> str:
    """JSON for a terminal (indented) or for a pipe (one line)."""
    return (
        json.dumps(value, ensure_ascii=False, indent=2)
        if is_terminal(sys.stdout)
        else as_json(value)
    )


def as_record(record: Record, text: str | None, form: LineForm, **more: Any) -> str:
    """One output line for one input line: its other keys stay, ``input`` is what went in."""
    text = text or ""
    if form == "text":
        return as_line(text)
    return as_json({**record.fields, "text": text, "input": record.text, **more})


def as_line(text: str) -> str:
    """The text as exactly one line."""
    return " ".join(text.splitlines())


def compact(values: Iterable[float]) -> list[float]:
    """Round to six significant digits: half the size, and far finer than a decoder can tell."""
    return [float(f"{value:.6g}") for value in values]


def short(value: float | None) -> float | None:
    """The same of one number, if there is one."""
    return None if value is None else compact([value])[0]


def table(rows: Sequence[Sequence[object]], header: Sequence[str] = ()) -> list[str]:
    """Align columns with spaces: numbers to the right, words to the left."""
    cells = [[_cell(value) for value in row] for row in (*([header] if header else []), *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [all(_is_number(value) for value in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    ]


def _cell(value: object) -> str:
    """One cell: two decimals for a float, a dash for what does not exist."""
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
