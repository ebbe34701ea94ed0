"""``swae-text interpolate``: the sentences on the way from one sentence to another."""

import itertools
import math
import os
import pathlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swae_text.cli.arguments import (
    BadRowChoice,
    Ban,
    BatchSize,
    Beams,
    OnBadRow,
    PathName,
    Require,
    Rerank,
    Space,
    Walk,
    open_space,
    searched,
)
from swae_text.cli.formatting import WalkForm, as_json, as_line, compact, table, walk_form
from swae_text.cli.groups import Group, encoded, given, read_groups
from swae_text.cli.strays import Strays
from swae_text.cli.streams import BadLines, in_batches, say, write_lines
from swae_text.names import SpaceName
from swae_text.pretrained import DEFAULT

if TYPE_CHECKING:
    from torch import Tensor

    import swae_text.space

Path = list[dict[str, Any]]


def interpolate(
    model: Annotated[
        str, typer.Argument(metavar="[MODEL]", help=f"As for every verb. Left out: {DEFAULT}.")
    ],
    sentences: Annotated[
        list[str] | None, typer.Argument(metavar="[A B [C...]]", help="Sentences to walk between.")
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="In their place: a path for each line of two or more with tabs between, or "
            '{"texts": [...]}; `-`: stdin.',
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=2, help="Points from one sentence to the next, both counted.")
    ] = 7,
    path: Annotated[
        PathName, typer.Option(help="Straight line, or along the sphere: evenly (slerp) or not.")
    ] = "linear",
    space: Space = None,
    noise_level: Annotated[
        float, typer.Option(min=0.0, help="Code noise that the decoder is told of on the way.")
    ] = 0.0,
    guidance: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Trust in the code on the way; below 1: plainer English. Default: 0.5, of a model "
            "with model.code_dropout.",
        ),
    ] = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Write equal neighbours once, with their count.")
    ] = False,
    perplexity: Annotated[
        bool,
        typer.Option(
            "--perplexity", help="Of each step, a word with end of sentence, by a 5-gram model."
        ),
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(help="With --perplexity: what it learns from. Default: the model's corpus."),
    ] = None,
    form: Walk = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """Walk from sentence A to sentence B, and on to others, through the space.

    Two lists: `paste a.txt b.txt | swae-text interpolate MODEL --pairs -`; a record for each line.
    """
    import torch

    from swae_text.latent.interpolation import interpolate_through

    sentences = sentences or []
    if " " in model and not os.path.exists(model):  # pathlib refuses what is too long for a name
        model, sentences = DEFAULT, [model, *sentences]
    if pairs is None and len(sentences) < 2:
        raise typer.BadParameter("give two sentences or more, or --pairs FILE")
    if pairs is not None and sentences:
        raise typer.BadParameter("give sentences or --pairs FILE, not both")
    if data is not None and not perplexity:
        raise typer.BadParameter("--data is what --perplexity learns from: give both")
    typed = given(sentences)
    opened = open_space(pathlib.Path(model))
    own = opened.between if guidance is None else guidance
    decoding = replace(searched(beams, rerank, ban, require), noise_level=noise_level, guidance=own)
    chosen: SpaceName = space or opened.default_space
    judge = _judge(opened, data, on_bad_row) if perplexity else None
    strays, bad = Strays(), BadLines(on_bad_row)

    def walks(batch: list[Group]) -> Iterator[tuple[Group, Path]]:
        ends = encoded(batch, lambda texts: opened.encode(texts, space=chosen), bad)
        none = torch.empty(0, opened.dim(chosen))  # the path of an empty line
        z = [interpolate_through(torch.stack(own), steps, path) if own else none for _, own in ends]
        texts = opened.decode_paths(z, steps, space=chosen, decoding=decoding)
        scores = iter(judge(texts) if judge else ())
        said, typical = iter(texts), iter(strays.watch(opened, torch.cat(z), chosen))
        for group, points in zip(batch, z, strict=True):
            walk = _path(points, said, typical, steps)
            walk = [{**point, "perplexity": next(scores)} for point in walk] if judge else walk
            yield group, _collapsed(walk) if collapse else walk

    form = walk_form(form)
    if pairs is None:
        [(_, walk)] = walks([typed])
        write_lines(_lines(walk, form))
    else:
        for batch in in_batches(read_groups(pairs, 2, bad, more=True), batch_size):
            records = [_record(group, walk, form) for group, walk in walks(batch)]
            write_lines(itertools.chain(*records))
    bad.tell()
    strays.tell("a straight line passes near the centre, --path slerp goes round it")


def _path(z: "Tensor", texts: Iterator[str], typical: Iterator[float | None], steps: int) -> Path:
    """Place, sentence, distance from the point before and typicality, for each point."""
    far = compact([0.0, *(z[1:] - z[:-1]).norm(dim=1).tolist()])
    places = compact(step / (steps - 1) for step in range(len(z)))
    return [
        {"t": t, "text": next(texts), "distance": distance, "typicality": next(typical)}
        for t, distance in zip(places, far, strict=False)
    ]


def _judge(
    space: "swae_text.space.SentenceSpace", data: str | None, on_bad_row: BadRowChoice
) -> Callable[[list[str]], list[float]]:
    """Perplexity of single sentences under the n-gram model that judges models, of one corpus."""
    from swae_text.cli.reading import account, read_sentences
    from swae_text.evaluation.judges import MIN_COUNT, ORDER
    from swae_text.metrics.ngram import NGramModel, vocabulary
    from swae_text.metrics.perplexity import split_words

    found = read_sentences(space, data, split="train", on_bad_row=on_bad_row)
    say(account(found))
    model = NGramModel.train(found.texts, ORDER, vocabulary(found.texts, MIN_COUNT))

    def judge(texts: list[str]) -> list[float]:
        nats = zip(model.log_probs(texts).tolist(), texts, strict=True)
        return compact(math.exp(-value / (len(split_words(text)) + 1)) for value, text in nats)

    return judge


def _record(group: Group, walk: Path, form: WalkForm) -> list[str]:
    """What one line of a file becomes: one line, but for a table, which an empty line ends."""
    if form == "table":
        return [*_lines(walk, form), ""]
    if form == "text":
        return ["\t".join(as_line(point["text"]) for point in walk)]
    return [as_json({**group.fields, "texts": group.texts, "path": walk})]


def _lines(walk: Path, form: WalkForm) -> list[str]:
    """A line for each point."""
    if form == "table":
        return table([_row(point) for point in walk])
    return [as_line(point["text"]) if form == "text" else as_json(point) for point in walk]


def _row(point: dict[str, Any]) -> list[object]:
    """Place, sentence and, where they were asked for, perplexity and count."""
    score = [point["perplexity"]] if "perplexity" in point else []
    count = [f"× {point['count']}"] if "count" in point else []
    return [point["t"], as_line(point["text"]), *score, *count]


def _collapsed(points: Path) -> Path:
    """One point for each run of equal sentences: its first place, their count, the way to them."""
    runs = [list(run) for _, run in itertools.groupby(points, key=lambda point: point["text"])]
    return [{**run[0], "count": len(run)} for run in runs]
