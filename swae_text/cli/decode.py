"""``swae-text decode``: vectors, as ``encode`` writes them, to sentences."""

import itertools
from dataclasses import asdict, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swae_text.cli.arguments import (
    Ban,
    Beams,
    DecodeBatchSize,
    Device,
    File,
    Lines,
    Model,
    OnBadRow,
    Precision,
    Require,
    Rerank,
    Space,
    Trust,
    model_folder,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_json, as_line, line_form
from swae_text.cli.shards import Out, Processes, in_shards, run_shards
from swae_text.cli.streams import BadLines, Record, in_batches, read_records, write_lines
from swae_text.cli.vectors import Found, read_vector
from swae_text.names import SpaceName

if TYPE_CHECKING:
    import swae_text.generation.decoding
    import swae_text.space


def decode(
    model: Model,
    file: File = None,
    space: Space = None,
    guidance: Trust = 1.0,
    beams: Beams = 1,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    n_best: Annotated[
        bool, typer.Option("--n-best", help="Give all that the beams found, with their scores.")
    ] = False,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: DecodeBatchSize = None,
    precision: Precision = "float32",
    device: Device = "cpu",
    out: Out = None,
    processes: Processes = None,
) -> None:
    """Turn vectors into sentences: JSON lines with "z" in, one record out for each.

    Without --space, each record's own "space" counts, then the model's highest. Of a folder of
    shards, `text` stands where `z` and `space` did; a text that was there is `input`.
    """
    if n_best and form == "text":
        raise typer.BadParameter("--n-best has no place in text: leave out --format")
    decoding = replace(searched(beams, rerank, ban, require), guidance=guidance)
    for_lines = {"--n-best": n_best, "--format": form is not None}
    if folder := in_shards(file, out, shards={"--processes": processes}, lines=for_lines):
        from swae_text.bulk.tasks import Decode

        task = Decode(
            model=model_folder(model),
            space=space,
            precision=precision,
            device=device,
            batch_size=batch_size or 256,
            skip=on_bad_row == "skip",
            decoding=decoding,
        )
        return run_shards(task, folder, out, processes)
    sentences = open_space(model, precision, device)
    written, bad = line_form("jsonl" if n_best else form), BadLines(on_bad_row)
    default = sentences.default_space
    for batch in in_batches(read_records(file, bad), batch_size or 64):
        read = [read_vector(record, space, default, sentences.dim, bad) for record in batch]
        for name, part in itertools.groupby(read, key=itemgetter(1)):
            write_lines(
                _line(record, found, plain=written == "text", n_best=n_best)
                for record, found in _found(sentences, list(part), name, decoding)
            )
    bad.tell()


def _found(
    space: "swae_text.space.SentenceSpace",
    read: list[Found],
    name: SpaceName,
    decoding: "swae_text.generation.decoding.Decoding",
) -> list[tuple[Record, list[dict[str, Any]]]]:
    """Records of one space with their sentences, the best first; none where there is no vector."""
    import torch

    z = torch.tensor([z for _, _, z in read if z is not None]).reshape(-1, space.dim(name))
    found: list[list[dict[str, Any]]]
    if decoding.beams > 1:
        found = [
            [asdict(made) for made in row] for row in space.candidates(z, decoding, space=name)
        ]
    else:
        found = [[{"text": text}] for text in space.decode(z, space=name, decoding=decoding)]
    left = iter(found)
    return [(record, [] if vector is None else next(left)) for record, _, vector in read]


def _line(record: Record, found: list[dict[str, Any]], *, plain: bool, n_best: bool) -> str:
    """The record's other keys and its sentence; the vector has done its work."""
    text = found[0]["text"] if found else ""
    if plain:
        return as_line(text)
    kept = {key: value for key, value in record.fields.items() if key not in ("z", "space")}
    return as_json({**kept, "text": text, **({"candidates": found} if n_best else {})})
