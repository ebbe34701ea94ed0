"""``swae-text interpolate``: the sentences on the way from one sentence to another."""

import itertools
from typing import Annotated, Any, Literal

import typer

from swae_text.cli.arguments import (
    Ban,
    Beams,
    Model,
    PathName,
    Require,
    Rerank,
    Space,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_json, as_line, compact, table
from swae_text.cli.streams import write_lines


def interpolate(
    model: Model,
    sentences: Annotated[
        list[str], typer.Argument(metavar="A B [C...]", help="Sentences to walk between.")
    ],
    steps: Annotated[
        int, typer.Option(min=2, help="Points from one sentence to the next, both counted.")
    ] = 7,
    path: Annotated[PathName, typer.Option(help="Straight line, or along the sphere.")] = "linear",
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Write equal neighbours once, with their count.")
    ] = False,
    form: Annotated[
        Literal["table", "text", "jsonl"] | None,
        typer.Option("--format", help="Default: table on a terminal, jsonl in a pipe."),
    ] = None,
) -> None:
    """Walk from sentence A to sentence B, and on to others, through the space."""
    import sys

    if len(sentences) < 2:
        raise typer.BadParameter("give two sentences or more")
    opened = open_space(model)
    walk = opened.interpolate(
        *sentences,
        steps=steps,
        path=path,
        space=space or opened.default_space,
        decoding=searched(beams, rerank, ban, require),
    )
    far = [0.0, *(walk.z[1:] - walk.z[:-1]).norm(dim=1).tolist()]
    points: list[dict[str, Any]] = [
        {"t": t, "text": text, "distance": distance}
        for t, text, distance in zip(compact(walk.t), walk.texts, compact(far), strict=True)
    ]
    points = _collapsed(points) if collapse else points
    form = form or ("table" if sys.stdout.isatty() else "jsonl")
    if form == "table":
        write_lines(table([_row(point) for point in points]))
    elif form == "text":
        write_lines(as_line(point["text"]) for point in points)
    else:
        write_lines(map(as_json, points))


def _row(point: dict[str, Any]) -> list[object]:
    """Place, sentence and, where equal ones are collapsed, their count."""
    count = [f"× {point['count']}"] if "count" in point else []
    return [point["t"], as_line(point["text"]), *count]


def _collapsed(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One point for each run of equal sentences: its first place, their count, the way to them."""
    runs = [list(run) for _, run in itertools.groupby(points, key=lambda point: point["text"])]
    return [{**run[0], "count": len(run)} for run in runs]
