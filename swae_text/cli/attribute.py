"""``swae-text attribute``: find the direction of an attribute, and move sentences along it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    SpaceName,
    model_folder,
    open_space,
    searched,
)
from swae_text.cli.attribute_fit import fit
from swae_text.cli.formatting import as_record, line_form
from swae_text.cli.moves import How, along, goal, has_slots, shifts, uphill
from swae_text.cli.strays import Strays
from swae_text.cli.streams import BadLines, for_sentences, in_batches, read_records, write_lines
from swae_text.errors import ModelFolderError
from swae_text.pretrained import find_attribute

if TYPE_CHECKING:
    from swae_text.cli.moves import Attribute
    from swae_text.space import SentenceSpace

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
        float, typer.Option(min=0.5, max=0.9999, help="With --to: probability that is enough.")
    ] = 0.9,
    leash: Annotated[
        float,
        typer.Option(min=0.0, help="With --to: way at most, as a share of the vector's length."),
    ] = 0.8,
    merge: Annotated[
        bool,
        typer.Option(
            help="By gradient: whether an edit is also tried on the sentence as it was written."
        ),
    ] = True,
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
    beams: Beams = 1,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """Move sentences along an attribute's direction; a record out for each in and strength.

    A record tells what the probe reads from the sentence before and after (the one written,
    encoded again), what it reads at the point aimed at, and the distance moved.
    """
    if to is not None and strength:
        raise typer.BadParameter("give --strength or --to, not both")
    if to is None and by:
        raise typer.BadParameter("--by says how to get to a target: give --to as well")
    if orthogonal and not also:
        raise typer.BadParameter("--orthogonal is of several directions: give --also")
    opened, written, bad = open_space(model), line_form(form), BadLines(on_bad_row)
    found, chosen = _opened(vector, opened, space, model)
    others = [_other(pair, opened, chosen, model) for pair in also or []]
    decoding, strays = searched(beams, rerank, ban, require), Strays()
    how = How(opened, chosen, decoding, confidence, leash, merge, strays)
    if to is not None and (by or ("gradient" if has_slots(found) else "line")) == "gradient":
        if orthogonal:
            raise typer.BadParameter("--orthogonal is of directions: give --by line")
        goals = [goal(found, to, vector), *(goal(*pair) for pair in others)]
        move = partial(uphill, how, goals)
    else:
        moved = shifts(found, others, orthogonal)
        move = partial(along, how, *moved, strength or [1.0], to)
    for batch in in_batches(read_records(file, bad), batch_size):
        write_lines(
            as_record(record, text, written, **told)
            for record, row in for_sentences(batch, move, bad)
            for text, told in row or [("", {})]  # an empty line moves nowhere
        )
    bad.tell()
    strays.tell("a smaller --strength (--leash) does not go as far out")


def _other(
    pair: str, space: "SentenceSpace", chosen: SpaceName, model: Path
) -> "tuple[Attribute, str, Path]":
    """``VECTOR=STRENGTH`` or ``VECTOR=LABEL``, opened."""
    name, equals, value = pair.rpartition("=")
    if not equals:
        raise typer.BadParameter(f"--also {pair}: give VECTOR=STRENGTH or VECTOR=LABEL")
    return _opened(Path(name), space, chosen, model)[0], value, Path(name)


def _opened(
    path: Path, space: "SentenceSpace", asked: SpaceName | None, model: Path
) -> "tuple[Attribute, SpaceName]":
    """The vector and its space, if they are of this model.

    Raises:
        ModelFolderError: it was fitted in another space, or in one of another size.
    """
    from swae_text.vectors import load_vector

    path = find_attribute(path, model_folder(model))
    vector, fitted = load_vector(path, space.device)
    if asked not in (None, fitted):
        raise ModelFolderError(f"{path}: fitted in space '{fitted}', not in '{asked}'")
    chosen: SpaceName = "code" if fitted == "code" else "latent"
    size, dim = len(vector.direction), space.dim(chosen)
    if size != dim:
        raise ModelFolderError(
            f"{path}: has {size} numbers and space '{chosen}' of {model} has {dim}: "
            "fit it again with this model"
        )
    return vector, chosen
