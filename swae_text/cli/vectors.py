"""Vectors in records, as ``swae-text encode`` writes them: {"z": [...], "space": "latent"}."""

from collections.abc import Callable

from swae_text.cli.arguments import SpaceName
from swae_text.cli.streams import BadLines, Record
from swae_text.errors import CorpusError

_MOST = 1e9  # far outside of every space, and its square is still a number

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
        name = _space_of(record, asked, default)
        return record, name, _vector_of(record, dim(name), name)
    except CorpusError as error:
        return bad.excuse(record, error), asked or default, None


def _space_of(record: Record, asked: SpaceName | None, default: SpaceName) -> SpaceName:
    """The space of one vector: what the user says and what the record says must agree."""
    own = record.fields.get("space", asked or default)
    if own not in ("latent", "code"):
        raise CorpusError(f"{record.where}: 'space' is {own!r}, not 'latent' or 'code'")
    if asked not in (None, own):
        raise CorpusError(f"{record.where}: the vector is of space '{own}', not '{asked}'")
    found: SpaceName = own
    return found


def _vector_of(record: Record, dim: int, name: str) -> list[float] | None:
    """The numbers of one record, checked; None for an empty or a skipped line, or no vector."""
    if record.empty and record.fields.keys() <= {"error"}:
        return None
    if "z" not in record.fields:
        raise CorpusError(f'{record.where}: no "z": give what `swae-text encode` writes')
    z = record.fields["z"]
    if z is None:
        return None
    if not isinstance(z, list) or not all(_is_finite(value) for value in z):
        raise CorpusError(f"{record.where}: 'z' is not a list of finite numbers below {_MOST:g}")
    if len(z) != dim:
        raise CorpusError(f"{record.where}: 'z' has {len(z)} numbers; space '{name}' has {dim}")
    return z


def _is_finite(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) < _MOST  # false for NaN, too
