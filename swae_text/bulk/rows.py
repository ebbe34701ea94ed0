"""A window of rows, and what becomes of them: in the order of the input, each bad one on its own.

Rows are worked on in batches of similar size, so that little padding is computed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

from swae_text.errors import CorpusError

T = TypeVar("T")
Answers: TypeAlias = list[dict[str, Any]]
"""What becomes of one row: one row or more, each with the values of the new columns."""
Read: TypeAlias = list[T | CorpusError | None]
"""What is worked on in each row of a window; what is wrong with it; None where there is nothing."""

ERROR = pa.field("error", pa.string())
_NOTHING: Answers = [{}]


@dataclass(frozen=True)
class Worker(Generic[T]):
    """How rows are worked on."""

    read: Callable[[pa.RecordBatch], Read[T]]
    work: Callable[[list[T]], list[Answers]]
    """The answers for a batch. A CorpusError costs those rows that it is raised for alone."""
    size: Callable[[T], Any]
    """Rows of equal size are worked on together."""
    fields: tuple[pa.Field, ...]
    """The new columns; nulls stand where nothing becomes of a row."""
    batch_size: int
    consumed: frozenset[str] = frozenset()
    """Columns that do not pass through."""

    def kept(self, schema: pa.Schema) -> dict[str, pa.Field]:
        """Columns that pass through, by their names in the input; a new text makes an ``input``."""
        new = {field.name for field in (*self.fields, ERROR)}
        old = {"text": "input"} if "text" in new and "text" in schema.names else {}
        gone = new | self.consumed | set(old.values())
        return {
            field.name: field.with_name(old.get(field.name, field.name))
            for field in schema
            if field.name in old or field.name not in gone
        }

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """Columns of the output: those kept, the new ones, and what was wrong."""
        columns = (*self.kept(schema).values(), *self.fields, ERROR)
        return pa.schema(columns, metadata=schema.metadata)


def answer(
    worker: Worker[T],
    window: pa.RecordBatch,
    place: Callable[[int], str],
    told: Callable[[int], None],
) -> tuple[pa.RecordBatch, list[str]]:
    """Work on a window.

    Args:
        worker: how.
        window: the rows.
        place: where a row of the window stands.
        told: is called with numbers of rows that are done.

    Returns:
        What became of the rows, and what is wrong with those that could not be used.
    """
    found: list[Any] = worker.read(window)
    answers, errors = [_NOTHING] * len(found), {}
    good = [row for row, item in enumerate(found) if not isinstance(item, CorpusError | None)]
    order = sorted(good, key=lambda row: worker.size(found[row]))
    for start in range(0, len(order), worker.batch_size):
        rows = order[start : start + worker.batch_size]
        made = _worked(worker, [found[row] for row in rows])
        for row, one in zip(rows, made, strict=True):
            found[row] = one
            answers[row] = _NOTHING if isinstance(one, CorpusError) else one
        told(len(rows))
    for row, item in enumerate(found):
        if isinstance(item, CorpusError):
            errors[row] = f"{place(row)}: {item}"
    told(len(found) - len(order))
    return _joined(worker, window, answers, errors), list(errors.values())


def _worked(worker: Worker[T], items: list[T]) -> list[Answers | CorpusError]:
    """The answers for a batch; where it is refused, each row is asked for alone."""
    try:
        return [*worker.work(items)]
    except CorpusError as error:
        if len(items) == 1:
            return [CorpusError(str(error).removeprefix("sentence 1 "))]
        return [made for item in items for made in _worked(worker, [item])]


def _joined(
    worker: Worker[T], window: pa.RecordBatch, answers: list[Answers], errors: dict[int, str]
) -> pa.RecordBatch:
    """The columns kept and the new ones; a row of the input stands once for each answer."""
    taken = np.repeat(np.arange(len(answers)), [len(made) for made in answers])
    again = len(taken) != len(answers)
    columns = [window.column(name) for name in worker.kept(window.schema)]
    columns = [column.take(pa.array(taken)) if again else column for column in columns]
    for field in worker.fields:
        columns.append(_column(field, [row.get(field.name) for made in answers for row in made]))
    columns.append(pa.array([errors.get(int(row)) for row in taken], ERROR.type))
    return pa.RecordBatch.from_arrays(columns, schema=worker.schema(window.schema))


def _column(field: pa.Field, values: list[Any]) -> pa.Array:
    """One new column."""
    if not pa.types.is_fixed_size_list(field.type):
        return pa.array(values, field.type)
    size, kind = field.type.list_size, field.type.value_type.to_pandas_dtype()
    block = np.zeros((len(values), size), kind)
    for row, vector in zip(block, values, strict=True):
        if vector is not None:
            row[:] = vector
    mask = pa.array([vector is None for vector in values], pa.bool_())
    return pa.FixedSizeListArray.from_arrays(block.reshape(-1), type=field.type, mask=mask)
