"""What rows hold: the sentences of a column that is found by name, the vectors of ``z``."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from swae_text.bulk.rows import Read
from swae_text.bulk.spaces import MOST, NO_NUMBERS, agreed, refuse_size
from swae_text.corpora.columns import TEXT_COLUMNS
from swae_text.corpora.lines import is_blank
from swae_text.errors import CorpusError
from swae_text.names import SpaceName

_USUAL = [names[0] for names in TEXT_COLUMNS if len(names) == 1]


class Vector(NamedTuple):
    """The vector of a row and its space."""

    space: SpaceName
    z: np.ndarray


def text_column(schema: pa.Schema, asked: str | None, where: object) -> str:
    """The column of the sentences: the one that is asked for, or the first with a usual name.

    Raises:
        CorpusError: there is none, or it holds something else than text.
    """
    name = asked or next((usual for usual in _USUAL if usual in schema.names), None)
    if name is None or name not in schema.names:
        which = f"no column '{name}'" if name else "which column is the text?"
        there = ", ".join(schema.names) or "none"
        raise CorpusError(f"{where}: {which} (there are: {there}): name it with --text COLUMN")
    kind = schema.field(name).type
    if not _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind):
        raise CorpusError(f"{where}: column '{name}' holds {kind}, not text: --text COLUMN")
    return name


def read_texts(column: pa.Array) -> Read[str]:
    """The sentence of each row; None for null and for a blank one."""
    try:
        found: Read[str] = column.to_pylist()
    except UnicodeDecodeError:
        found = [_text(cell) for cell in column]
    return [None if isinstance(text, str) and is_blank(text) else text for text in found]


def vector_column(schema: pa.Schema, where: object) -> None:
    """See to it that there are vectors.

    Raises:
        CorpusError: there are none.
    """
    if "z" not in schema.names or not _is_vectors(schema.field("z").type):
        there = ", ".join(f"{field.name} {field.type}" for field in schema) or "none"
        raise CorpusError(
            f"{where}: no column 'z' of vectors (there are: {there}): give what "
            "`swae-text encode` writes"
        )


def read_vectors(
    window: pa.RecordBatch,
    asked: SpaceName | None,
    default: SpaceName,
    dim: Callable[[SpaceName], int],
) -> Read[Vector]:
    """The vector of each row; None for null.

    Args:
        window: rows with ``z`` and, as ``encode`` writes it, ``space``.
        asked: the space that the user wants.
        default: the space of vectors of which nobody says it.
        dim: numbers in a vector of a space.
    """
    column = window.column("z")
    there = column.is_valid().to_pylist()
    lengths = column.value_lengths().to_pylist()
    sizes = [size if valid else 0 for size, valid in zip(lengths, there, strict=True)]
    numbers, ends = column.flatten().to_numpy(zero_copy_only=False), np.cumsum(sizes)
    if numbers.dtype == np.float16:  # its largest number is below MOST
        numbers = numbers.astype(np.float32)
    own = window.column("space").to_pylist() if "space" in window.schema.names else None
    return [
        _vector(numbers[end - size : end], own[row] if own else None, asked, default, dim)
        if there[row]
        else None
        for row, (end, size) in enumerate(zip(ends, sizes, strict=True))
    ]


def _vector(
    z: np.ndarray,
    own: object,
    asked: SpaceName | None,
    default: SpaceName,
    dim: Callable[[SpaceName], int],
) -> Vector | CorpusError:
    """One vector, or what is wrong with it."""
    try:
        space = agreed(own or asked or default, asked)
        refuse_size(len(z), dim(space), space)
    except CorpusError as error:
        return error
    if not bool((np.abs(z) < MOST).all()):  # false for NaN, too
        return CorpusError(NO_NUMBERS)
    return Vector(space, z.astype(np.float32))


def _text(cell: pa.Scalar) -> str | CorpusError | None:
    try:
        text: str | None = cell.as_py()
        return text
    except UnicodeDecodeError as error:
        return CorpusError(f"not UTF-8 text (byte 0x{error.object[error.start]:02X})")


def _is_text(kind: pa.DataType) -> bool:
    known = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return pa.types.is_null(kind) or any(is_known(kind) for is_known in known)


def _is_vectors(kind: pa.DataType) -> bool:
    known = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_known(kind) for is_known in known) and pa.types.is_floating(kind.value_type)
