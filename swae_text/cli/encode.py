"""``swae-text encode``: sentences to vectors, as JSON lines or in shards of Parquet."""

from typing import Annotated, Literal

import typer

from swae_text.cli.arguments import (
    BatchSize,
    Device,
    File,
    Model,
    OnBadRow,
    Precision,
    Space,
    model_folder,
    open_space,
)
from swae_text.cli.formatting import as_json, compact
from swae_text.cli.shards import Out, Processes, ShardText, in_shards, run_shards
from swae_text.cli.streams import (
    BadLines,
    Record,
    for_sentences,
    in_batches,
    read_records,
    write_lines,
)
from swae_text.names import SpaceName


def encode(
    model: Model,
    file: File = None,
    space: Space = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
    precision: Precision = "float32",
    device: Device = "cpu",
    out: Out = None,
    text: ShardText = None,
    dtype: Annotated[
        Literal["float32", "float16"] | None,
        typer.Option(help="Numbers of the vectors in shards. Default: float32."),
    ] = None,
    processes: Processes = None,
) -> None:
    """Turn sentences into vectors: {"text", "z", "space"}, one record for each line.

    An empty line has `null` for its vector. Of a folder of shards, `z` and `space` are columns.
    """
    for_shards = {"--text": text, "--dtype": dtype, "--processes": processes}
    if folder := in_shards(file, out, shards=for_shards, lines={}):
        from swae_text.bulk.tasks import Encode

        task = Encode(
            model=model_folder(model),
            space=space,
            precision=precision,
            device=device,
            batch_size=batch_size,
            skip=on_bad_row == "skip",
            text=text,
            dtype=dtype or "float32",
        )
        return run_shards(task, folder, out, processes)
    sentences, bad = open_space(model, precision, device), BadLines(on_bad_row)
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
