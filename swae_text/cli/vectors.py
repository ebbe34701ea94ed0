"""Vectors in records, as ``swae-text encode`` writes them: {"z": [...], "space": "latent"}."""

import math

from swae_text.cli.arguments import SpaceName
from swae_text.cli.streams import Record
from swae_text.errors import CorpusError


def space_of(record: Record, asked: SpaceName | None, default: SpaceName) -> SpaceName:
    """The space of one vector: what the user says and what the record says must agree."""
    own = record.fields.get("space", asked or default)
    if own not in ("latent", "code"):
        raise CorpusError(f"{record.where}: 'space' is {own!r}, not 'latent' or 'code'")
    if asked not in (None, own):
        raise CorpusError(f"{record.where}: the vector is of space '{own}', not '{asked}'")
    found: SpaceName = own
    return found


def vector_of(record: Record, dim: int, name: str) -> list[float] | None:
    """The numbers of one record, checked; None for an empty line or an empty vector."""
    if not record.fields and record.empty:
        return None
    if "z" not in record.fields:
        raise CorpusError(f'{record.where}: no "z": give what `swae-text encode` writes')
    z = record.fields["z"]
    if z is None:
        return None
    if not isinstance(z, list) or not all(_is_finite(value) for value in z):
        raise CorpusError(f"{record.where}: 'z' is not a list of finite numbers")
    if len(z) != dim:
        raise CorpusError(f"{record.where}: 'z' has {len(z)} numbers; space '{name}' has {dim}")
    return z


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
