"""``swae-text attribute``: find the direction of an attribute, and move sentences along it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from swae_text.cli.arguments import (
    Ban,
    BatchSize,
    Beams,
    File,
    Lines,
    Model,
    OnBadRow,
    Require,
    Rerank,
    Space,
    model_folder,
    open_space,
    searched,
)
from swae_text.cli.attribute_fit import fit
from swae_text.cli.formatting import as_record, line_form
from swae_text.cli.moving import Moving, other_pairs
from swae_text.cli.shards import Out, Processes, ShardText, in_shards, run_shards
from swae_text.cli.strays import Strays
from swae_text.cli.streams import BadLines, for_sentences, in_batches, read_records, write_lines
from swae_text.pretrained import find_attribute

CONFIDENCE, LEASH = 0.9, 1.2

app = typer.Typer(no_args_is_help=True, help="Fit an attribute's direction, and apply it.")
app.command()(fit)


@app.command()
def apply(
    model: Model,
    vector: Annotated[Path, typer.Argument(metavar="VECTOR", help="What `fit` has written.")],
    file: File = None,
    strength: Annotated[
        list[float] | None,
        typer.Option(
            help="1 is the distance between the labels' means, or one unit of a number; "
            "below 0: back. May be repeated."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL|NUMBER",
            help="As far as it takes: until the probe is sure of the label, or reads the number.",
        ),
    ] = None,
    by: Annotated[
        Literal["line", "gradient"] | None,
        typer.Option(
            help="With --to: along the line, or uphill on the slot probe, keeping the nearest "
            "sentence that convinces it. Default: gradient if there is such a probe."
        ),
    ] = None,
    confidence: Annotated[
        float | None,
        typer.Option(
            min=0.5,
            max=0.9999,
            help=f"With --to: probability that is enough. Default: {CONFIDENCE}.",
        ),
    ] = None,
    leash: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help=f"With --to: way at most, as a share of the vector's length. Default: {LEASH}.",
        ),
    ] = None,
    merge: Annotated[
        bool | None,
        typer.Option(
            "--merge/--no-merge",
            help="By gradient: whether an edit is also tried on the sentence as it was written. "
            "Default: it is.",
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VECTOR=STRENGTH|LABEL",
            help="Another attribute: a strength on the line, a label by gradient. May be repeated.",
        ),
    ] = None,
    orthogonal: Annotated[
        bool, typer.Option("--orthogonal", help="Take from each direction what the others share.")
    ] = False,
    space: Space = None,
    guidance: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Trust in the code; below 1: plainer English. Default: 0.6 by gradient, of a "
            "model with model.code_dropout, else 1.",
        ),
    ] = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
    out: Out = None,
    text: ShardText = None,
    processes: Processes = None,
) -> None:
    """Move sentences along an attribute's direction; a record out for each in and strength.

    A record (or row, of a folder of shards) tells what the probe reads from the sentence before and
    after (the one written, encoded again) and at the point aimed at, and the distance moved.
    """
    if to is not None and strength:
        raise typer.BadParameter("give --strength or --to, not both")
    if to is None and by:
        raise typer.BadParameter("--by says how to get to a target: give --to as well")
    for option, value in (("--confidence", confidence), ("--leash", leash), ("--merge", merge)):
        if to is None and value is not None:
            raise typer.BadParameter(f"{option} is of the way to a target: give --to as well")
    if orthogonal and not also:
        raise typer.BadParameter("--orthogonal is of several directions: give --also")
    decoding = searched(beams, rerank, ban, require)
    strengths = tuple(strength or [1.0])
    folder = model_folder(model)
    pairs = other_pairs(also or (), folder)
    moving = Moving(
        find_attribute(vector, folder),
        strengths,
        to,
        by,
        CONFIDENCE if confidence is None else confidence,
        LEASH if leash is None else leash,
        merge,
        pairs,
        orthogonal,
        guidance,
    )
    for_shards = {"--text": text, "--processes": processes}
    if shards := in_shards(file, out, shards=for_shards, lines={"--format": form}):
        from swae_text.cli.attribute_shards import Apply

        task = Apply(
            model=folder,
            space=space,
            batch_size=batch_size,
            skip=on_bad_row == "skip",
            text=text,
            decoding=decoding,
            moving=moving,
        )
        return run_shards(task, shards, out, processes)
    opened, written = open_space(model), line_form(form)
    bad, strays = BadLines(on_bad_row), Strays()
    move = moving.mover(opened, space, decoding, strays)
    for batch in in_batches(read_records(file, bad), batch_size):
        write_lines(
            as_record(record, said, written, **told)
            for record, row in for_sentences(batch, move, bad)
            for said, told in row or [("", {})]  # an empty line moves nowhere
        )
    bad.tell()
    strays.tell("a smaller --strength (--leash) does not go as far out")
