"""``swae-text decode``: vectors, as ``encode`` writes them, to sentences."""

import itertools
import math
from typing import TYPE_CHECKING, Any

from swae_text.cli.arguments import BatchSize, File, Lines, Model, Space, SpaceName, open_space
from swae_text.cli.formatting import as_json, as_line, line_form
from swae_text.cli.streams import Record, in_batches, read_records, write_lines
from swae_text.errors import CorpusError

if TYPE_CHECKING:
    import swae_text.space


def decode(
    model: Model,
    file: File = None,
    space: Space = None,
    form: Lines = None,
    batch_size: BatchSize = 64,
) -> None:
    """Turn vectors into sentences: JSON lines with "z" in, one record out for each.

    Without --space, each record's own "space" counts, then the model's highest.
    """
    sentences = open_space(model)
    written = line_form(form)

    def space_of(record: Record) -> SpaceName:
        return _space(record, space, sentences.default_space)

    for batch in in_batches(read_records(file), batch_size):
        for name, records in itertools.groupby(batch, space_of):
            _decode(sentences, list(records), name, written == "text")


def _decode(
    space: "swae_text.space.SentenceSpace", records: list[Record], name: SpaceName, plain: bool
) -> None:
    """Decode records of one space and write them; a record without a vector gives no words."""
    import torch

    dim = space.dim(name)
    vectors = [_vector(record, dim, name) for record in records]
    full = [z for z in vectors if z is not None]
    texts = iter(space.decode(torch.tensor(full), space=name) if full else ())
    decoded = ["" if z is None else next(texts) for z in vectors]
    write_lines(
        as_line(text) if plain else as_json(_fields(record, text))
        for record, text in zip(records, decoded, strict=True)
    )


def _fields(record: Record, text: str) -> dict[str, Any]:
    """The record's other keys and the sentence; the vector has done its work."""
    kept = {key: value for key, value in record.fields.items() if key not in ("z", "space")}
    return {**kept, "text": text}


def _space(record: Record, asked: SpaceName | None, default: SpaceName) -> SpaceName:
    """The space of one vector: what the user says and what the record says must agree."""
    own = record.fields.get("space", asked or default)
    if own not in ("latent", "code"):
        raise CorpusError(f"{record.where}: 'space' is {own!r}, not 'latent' or 'code'")
    if asked not in (None, own):
        raise CorpusError(f"{record.where}: the vector is of space '{own}', not '{asked}'")
    found: SpaceName = own
    return found


def _vector(record: Record, dim: int, name: str) -> list[float] | None:
    """The numbers of one record, checked; None for an empty line or an empty vector."""
    if not record.fields and record.empty:
        return None
    if "z" not in record.fields:
        raise CorpusError(f'{record.where}: no "z": decode reads what `swae-text encode` writes')
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
