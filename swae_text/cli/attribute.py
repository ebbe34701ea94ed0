"""``swae-text attribute``: find the direction of an attribute, and move sentences along it."""

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from swae_text.cli.formatting import as_record, line_form, short
from swae_text.cli.strays import Strays
from swae_text.cli.streams import BadLines, for_sentences, in_batches, read_records, write_lines
from swae_text.errors import ConfigError, ModelFolderError
from swae_text.pretrained import find_attribute

if TYPE_CHECKING:
    from torch import Tensor

    from swae_text.generation.decoding import Decoding
    from swae_text.latent.attributes import AttributeVector
    from swae_text.latent.edits import Goal
    from swae_text.latent.values import ValueVector
    from swae_text.space import SentenceSpace

    Attribute = AttributeVector | ValueVector

Moves = list[tuple[str, dict[str, Any]]]
"""What became of one sentence, once for each strength: the text, and what there is to tell."""

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
    how = _How(opened, chosen, searched(beams, rerank, ban, require), confidence, leash, Strays())
    if to is not None and (by or ("gradient" if _has_slots(found) else "line")) == "gradient":
        if orthogonal:
            raise typer.BadParameter("--orthogonal is of directions: give --by line")
        goals = [_goal(found, to, vector), *(_goal(*pair) for pair in others)]
        move = partial(_uphill, how, goals)
    else:
        shifts = _shifts(found, others, orthogonal)
        move = partial(_along, how, *shifts, strength or [1.0], to)
    for batch in in_batches(read_records(file, bad), batch_size):
        write_lines(
            as_record(record, text, written, **told)
            for record, row in for_sentences(batch, move, bad)
            for text, told in row or [("", {})]  # an empty line moves nowhere
        )
    bad.tell()
    how.strays.tell("a smaller --strength (--leash) does not go as far out")


@dataclass(frozen=True)
class _How:
    """What all moves of a run share."""

    space: "SentenceSpace"
    name: SpaceName
    decoding: "Decoding"
    confidence: float
    leash: float
    strays: Strays


def _uphill(how: _How, goals: "list[Goal]", texts: list[str]) -> list[Moves]:
    """Gradient steps until every goal is met."""
    edits = how.space.edit(
        texts,
        goals,
        space=how.name,
        decoding=how.decoding,
        confidence=how.confidence,
        leash=how.leash,
    )
    there = how.space.encode([made.text for made in edits], space=how.name)
    moves: list[Moves] = []
    for made, share in zip(edits, how.strays.watch(how.space, there, how.name), strict=True):
        told = _told(before=made.before, after=made.after, distance=made.distance, typicality=share)
        moves.append([(made.text, told | {"reached": made.reached})])
    return moves


def _along(
    how: _How,
    vector: "Attribute",
    shift: "Tensor",
    strengths: list[float],
    to: str | None,
    texts: list[str],
) -> list[Moves]:
    """Along the line, by each strength or as far as it takes; ``shift`` is that of the others."""
    import torch

    from swae_text.latent.attributes import apply

    z = how.space.encode(texts, space=how.name)
    start = z + shift.to(z)
    asked = [torch.full((len(z),), value) for value in strengths]
    if to is not None:
        asked = [_strength_to(vector, start, to, how)]
    before = vector.read(z).tolist()
    moves: list[Moves] = [[] for _ in texts]
    for each in asked:
        there = apply(start, vector, each)
        said = how.space.decode(there, space=how.name, decoding=how.decoding)
        columns = {
            "strength": each.tolist(),
            "before": before,
            "aimed": vector.read(there).tolist(),
            "after": _read(how, vector, said),
            "distance": (there - z).norm(dim=1).tolist(),
            "typicality": how.strays.watch(how.space, there, how.name),
        }
        for row, text, *numbers in zip(moves, said, *columns.values(), strict=True):
            row.append((text, _told(**dict(zip(columns, numbers, strict=True)))))
    return moves


def _read(how: _How, vector: "Attribute", said: list[str]) -> list[float | None]:
    """What is read from the sentences that were written; None where one is too long to encode."""

    def read(texts: list[str]) -> list[float]:
        values: list[float] = vector.read(how.space.encode(texts, space=how.name)).tolist()
        return values

    return how.space.for_readable(said, read)


def _told(**numbers: float | None) -> dict[str, Any]:
    """Numbers of a record, in few digits."""
    return {name: short(number) for name, number in numbers.items()}


def _has_slots(vector: "Attribute") -> bool:
    """Whether there is a probe to follow."""
    return getattr(vector, "probe", None) is not None


def _strength_to(vector: "Attribute", z: "Tensor", to: str, how: _How) -> "Tensor":
    """Strengths to a label, or to a number; no further than the leash.

    Raises:
        ConfigError: a label that the attribute has not, or a number where one is wanted.
    """
    from swae_text.latent.attributes import AttributeVector, leashed

    if isinstance(vector, AttributeVector):
        return vector.strength_to(z, to, confidence=how.confidence, leash=how.leash)
    value = _number(to, f"--to {to}: '{vector.name}' is a number: give one")
    return leashed(vector.strength_to(z, value), z, vector, how.leash)


def _number(text: str, otherwise: str) -> float:
    """A finite number.

    Raises:
        ConfigError: it is none; says ``otherwise``.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(otherwise)
    return value


def _goal(vector: "Attribute", label: str, path: Path) -> "Goal":
    """What is wanted of an attribute with labels.

    Raises:
        ConfigError: it is one of numbers, or has not the label.
    """
    from swae_text.latent.attributes import AttributeVector

    if not isinstance(vector, AttributeVector):
        raise ConfigError(f"{path}: of a number, which no gradient follows: give --by line")
    return vector.goal(label)


def _shifts(
    vector: "Attribute", others: "list[tuple[Attribute, str, Path]]", apart: bool
) -> "tuple[Attribute, Tensor]":
    """The vector and what the others add, each without what it shares if ``apart``.

    Raises:
        ConfigError: another attribute's strength is no number, or nothing of one is left.
    """
    import torch

    from swae_text.latent.attributes import orthogonal

    directions = [vector.direction, *(other.direction for other, _, _ in others)]
    first, *rest = orthogonal(directions) if apart else directions
    shift = torch.zeros_like(first)
    for direction, (_, strength, path) in zip(rest, others, strict=True):
        way = _number(strength, f"--also {path}={strength}: on the line, give a strength")
        shift = shift + way * direction
    return replace(vector, direction=first), shift


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
