"""Vectors in records, as ``swae-text encode`` writes them: {"z": [...], "space": "latent"}."""

from collections.abc import Callable

from swae_text.bulk.spaces import MOST, NO_NUMBERS, agreed, refuse_size
from swae_text.cli.streams import BadLines, Record
from swae_text.errors import CorpusError
from swae_text.names import SpaceName

Found = tuple[Record, SpaceName, list[float] | None]
"""A record, the space of its vector, and the vector; None where it has none."""


def read_vector(
    record: Record,
    asked: SpaceName | None,
    default: SpaceName,
    dim: Callable[[SpaceName], int],
    bad: BadLines,
) -> Found:
    """The vector of one record, checked; None for an empty line, an empty vector or a bad one.

    Args:
        record: a line of input.
        asked: the space that the user wants.
        default: the space of vectors of which nobody says it.
        dim: numbers in a vector of a space.
        bad: what is done about lines that cannot be used.

    Raises:
        CorpusError: there is no such vector in the record, and bad lines are refused.
    """
    try:
        name = agreed(record.fields.get("space", asked or default), asked)
        return record, name, _vector_of(record, dim(name), name)
    except CorpusError as error:
        return bad.excuse(record, CorpusError(f"{record.where}: {error}")), asked or default, None


def _vector_of(record: Record, dim: int, name: SpaceName) -> list[float] | None:
    """The numbers of one record, checked; None for an empty or a skipped line, or no vector."""
    if record.empty and record.fields.keys() <= {"error"}:
        return None
    if "z" not in record.fields:
        raise CorpusError('no "z": give what `swae-text encode` writes')
    z = record.fields["z"]
    if z is None:
        return None
    if not isinstance(z, list) or not all(_is_finite(value) for value in z):
        raise CorpusError(NO_NUMBERS)
    refuse_size(len(z), dim, name)
    return z


def _is_finite(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) < MOST  # false for NaN, too
