"""``swae-text interpolate``: the sentences on the way from one sentence to another."""

from typing import Annotated, Literal

import typer

from swae_text.cli.arguments import Beams, Model, PathName, Rerank, Space, open_space, searched
from swae_text.cli.formatting import as_json, as_line, compact, table
from swae_text.cli.streams import write_lines


def interpolate(
    model: Model,
    a: Annotated[str, typer.Argument(metavar="A", help="Sentence at the beginning.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Sentence at the end.")],
    steps: Annotated[int, typer.Option(min=2, help="Points on the path, both ends counted.")] = 7,
    path: Annotated[PathName, typer.Option(help="Straight line, or along the sphere.")] = "linear",
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    form: Annotated[
        Literal["table", "text", "jsonl"] | None,
        typer.Option("--format", help="Default: table on a terminal, jsonl in a pipe."),
    ] = None,
) -> None:
    """Walk from sentence A to sentence B through the space."""
    import sys

    sentences = open_space(model)
    walk = sentences.interpolate(
        a,
        b,
        steps=steps,
        path=path,
        space=space or sentences.default_space,
        decoding=searched(beams, rerank),
    )
    form = form or ("table" if sys.stdout.isatty() else "jsonl")
    if form == "table":
        write_lines(table(list(zip(walk.t, map(as_line, walk.texts), strict=True))))
    elif form == "text":
        write_lines(map(as_line, walk.texts))
    else:
        points = zip(compact(walk.t), walk.texts, strict=True)
        write_lines(as_json({"t": t, "text": text}) for t, text in points)
