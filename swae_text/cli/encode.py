"""``swae-text encode``: sentences to vectors, as JSON lines."""

from swae_text.cli.arguments import BatchSize, File, Model, OnBadRow, Space, SpaceName, open_space
from swae_text.cli.formatting import as_json, compact
from swae_text.cli.streams import (
    BadLines,
    Record,
    for_sentences,
    in_batches,
    read_records,
    write_lines,
)


def encode(
    model: Model,
    file: File = None,
    space: Space = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """Turn sentences into vectors: {"text", "z", "space"}, one record for each line.

    An empty line has `null` for its vector.
    """
    sentences, bad = open_space(model), BadLines(on_bad_row)
    chosen: SpaceName = space or sentences.default_space

    def vectors(texts: list[str]) -> list[list[float]]:
        return [compact(z) for z in sentences.encode(texts, space=chosen).tolist()]

    for batch in in_batches(read_records(file, bad), batch_size):
        found = for_sentences(batch, vectors, bad)
        write_lines(_line(record, z, chosen) for record, z in found)
    bad.tell()


def _line(record: Record, z: list[float] | None, space: SpaceName) -> str:
    """One output record: what came in, its vector, and the space that it lives in."""
    return as_json({**record.fields, "text": record.text, "z": z, "space": space})
