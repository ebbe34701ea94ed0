"""``swae-text traverse``: a sentence as one coordinate of its vector changes."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swae_text.cli.arguments import (
    BadRowChoice,
    Beams,
    Model,
    OnBadRow,
    Rerank,
    Space,
    Walk,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_json, as_line, compact, table, walk_form
from swae_text.cli.groups import given
from swae_text.cli.streams import say, write_lines
from swae_text.errors import ConfigError
from swae_text.names import SpaceName

if TYPE_CHECKING:
    from torch import Tensor

    import swae_text.space
    from swae_text.latent.arithmetic import Direction


def traverse(
    model: Model,
    sentence: Annotated[str, typer.Argument(metavar="SENTENCE", help="Where the walk passes.")],
    axis: Annotated[
        int | None, typer.Option(min=0, help="Along this axis of the space, from 0.")
    ] = None,
    component: Annotated[
        int | None, typer.Option(min=1, help="Along this principal component of --data, from 1.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Sentences that deviations are of. Default: the model's corpus; for --axis none, "
            "and 1 is 1."
        ),
    ] = None,
    split: Annotated[
        Literal["train", "valid", "test"], typer.Option(help="Split of the data.")
    ] = "train",
    limit: Annotated[
        int, typer.Option(min=2, help="Sentences of the data at most, chosen by seed.")
    ] = 10_000,
    begin: Annotated[float, typer.Option("--from", help="First position, in deviations.")] = -3.0,
    end: Annotated[float, typer.Option("--to", help="Last position.")] = 3.0,
    steps: Annotated[int, typer.Option(min=2, help="Positions, both ends counted.")] = 7,
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    form: Walk = None,
    on_bad_row: OnBadRow = "refuse",
) -> None:
    """Set the coordinate of a sentence along one direction to each of some positions.

    Positions are in standard deviations from the mean of the data; the rest of the vector stays.
    The distance is that from the sentence's own vector; its own position is told on stderr.
    """
    import torch

    from swae_text.latent import arithmetic

    if (axis is None) == (component is None):
        raise typer.BadParameter("give --axis I or --component K")
    typed = given([sentence])
    opened, decoding = open_space(model), searched(beams, rerank)
    chosen: SpaceName = space or opened.default_space
    z = opened.encode(typed.texts, space=chosen)

    def vectors() -> "Tensor":
        return _vectors(opened, data, split, limit, chosen, on_bad_row)

    if axis is not None:
        along = arithmetic.axis(opened.dim(chosen), axis)
        along = along if data is None else arithmetic.measured(along, vectors())
    else:
        along = _component(component or 1, vectors())
    say(f"the sentence itself is at {float(along.position(z)):.2f}")
    positions = torch.linspace(begin, end, steps)
    walk = arithmetic.traverse(z[0], along, positions)
    texts = opened.decode(walk, space=chosen, decoding=decoding)
    far = compact((walk - z).norm(dim=1).tolist())
    points = list(zip(compact(positions.tolist()), texts, far, strict=True))
    form = walk_form(form)
    if form == "table":
        write_lines(table([[position, as_line(text)] for position, text, _ in points]))
    elif form == "text":
        write_lines(as_line(text) for _, text, _ in points)
    else:
        keys = ("position", "text", "distance")
        write_lines(as_json(dict(zip(keys, point, strict=True))) for point in points)


def _component(number: int, z: "Tensor") -> "Direction":
    """One principal component of vectors, and how much of their variance lies along it."""
    from swae_text.latent.arithmetic import Direction, components, measured

    rows, shares = components(z)
    if number > len(rows):
        raise ConfigError(f"component {number}: this space has the components 1 to {len(rows)}")
    say(f"component {number}: {100 * float(shares[number - 1]):.1f} % of the variance")
    return measured(Direction(rows[number - 1]), z)


def _vectors(
    space: "swae_text.space.SentenceSpace",
    data: str | None,
    split: str,
    limit: int,
    name: SpaceName,
    on_bad_row: BadRowChoice,
) -> "Tensor":
    """Vectors of some sentences of a corpus."""
    from swae_text.cli.reading import account, chosen, read_sentences

    found = read_sentences(space, data, split=split, on_bad_row=on_bad_row)
    say(account(found))
    return space.encode(chosen(found, limit).texts, space=name)
