"""``swae-text attribute``: find the direction of an attribute, and move sentences along it."""

import random
from collections import Counter
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
    Require,
    Rerank,
    Space,
    SpaceName,
    TextColumn,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_record, compact, line_form
from swae_text.cli.streams import for_sentences, in_batches, read_records, say, write_lines
from swae_text.errors import CorpusError, ModelFolderError

if TYPE_CHECKING:
    import swae_text.latent.attributes
    import swae_text.space

app = typer.Typer(no_args_is_help=True, help="Fit an attribute's direction, and apply it.")


@app.command()
def fit(
    model: Model,
    data: Annotated[str, typer.Option(help="File, folder or catalog name with labelled rows.")],
    out: Annotated[Path, typer.Option(help="File to write, *.safetensors.")],
    label: Annotated[
        str | None, typer.Option(help="Column of the label. Default: found by name.")
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help="Label to move to. Default: the later of two in sorted order."),
    ] = None,
    text: TextColumn = None,
    split: Annotated[
        Literal["train", "valid", "test"], typer.Option(help="Split to learn from.")
    ] = "train",
    limit: Annotated[
        int, typer.Option(min=2, help="Sentences to learn from, chosen by seed.")
    ] = 20_000,
    method: Annotated[
        Literal["mean", "whitened", "logistic"],
        typer.Option(help="Difference of the means, whitened or not, or normal of a probe."),
    ] = "mean",
    space: Space = None,
) -> None:
    """Find the direction between the vectors of two labels and write it to a file."""
    import torch

    from swae_text.cli.reading import account, read_sentences
    from swae_text.latent.attributes import fit_attribute
    from swae_text.vectors import save_vector

    sentences = open_space(model)
    chosen: SpaceName = space or sentences.default_space
    found = read_sentences(sentences, data, split=split, text=text, label=label)
    say(account(found))
    negative, positive = _two_labels(found.labels, positive, data)
    texts, labels = _labelled(found.texts, found.labels, limit)
    vector = fit_attribute(
        sentences.encode(texts, space=chosen),
        torch.tensor([name == positive for name in labels]),
        method=method,
        positive=positive,
        negative=negative,
    )
    save_vector(vector, out, space=chosen)
    length = vector.direction.norm().item()
    cosines = ", ".join(f"{name} {value:.2f}" for name, value in vector.cosines.items())
    say(
        f"{out}: from '{negative}' ({vector.n_negative}) to '{positive}' ({vector.n_positive}), "
        f"method {method}, length {length:.3g} in space '{chosen}'; a probe reads "
        f"{100 * vector.accuracy:.1f} % of held-out sentences rightly; cosines: {cosines}"
    )


@app.command()
def apply(
    model: Model,
    vector: Annotated[Path, typer.Argument(metavar="VECTOR", help="What `fit` has written.")],
    file: File = None,
    strength: Annotated[
        list[float] | None,
        typer.Option(
            help="1 is the distance between the labels' means; below 0: back. May be repeated."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="As far as the probe needs to be sure of this label."),
    ] = None,
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="With --to: probability that is enough.")
    ] = 0.9,
    leash: Annotated[
        float, typer.Option(min=0.0, help="With --to: strength at most, to keep the content.")
    ] = 20.0,
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    form: Lines = None,
    batch_size: BatchSize = 64,
) -> None:
    """Move sentences along an attribute's direction; a record out for each in and strength."""
    import torch

    from swae_text.latent import attributes

    if to is not None and strength:
        raise typer.BadParameter("give --strength or --to LABEL, not both")
    sentences, decoding, written = (
        open_space(model),
        searched(beams, rerank, ban, require),
        line_form(form),
    )
    found, chosen = _opened(vector, sentences, space, model)

    def move(texts: list[str]) -> list[list[tuple[str, dict[str, float]]]]:
        z = sentences.encode(texts, space=chosen)
        if to is None:
            asked = [torch.full((len(z),), value) for value in strength or [1.0]]
        else:
            asked = [attributes.strength_to(z, found, to, confidence=confidence, leash=leash)]
        before = compact(found.confidence(z).tolist())
        moves: list[list[tuple[str, dict[str, float]]]] = [[] for _ in texts]
        for strengths in asked:
            there = attributes.apply(z, found, strengths)
            said = sentences.decode(there, space=chosen, decoding=decoding)
            after = compact(found.confidence(there).tolist())
            far = compact((there - z).norm(dim=1).tolist())
            numbers = zip(compact(strengths.tolist()), before, after, far, strict=True)
            for row, text, (s, old, new, distance) in zip(moves, said, numbers, strict=True):
                told = {"strength": s, "before": old, "after": new, "distance": distance}
                row.append((text, told))
        return moves

    for batch in in_batches(read_records(file), batch_size):
        write_lines(
            as_record(record, text, written, **told)
            for record, row in zip(batch, for_sentences(batch, move), strict=True)
            for text, told in row or [("", {})]  # an empty line moves nowhere
        )


def _opened(
    path: Path, sentences: "swae_text.space.SentenceSpace", asked: SpaceName | None, model: Path
) -> "tuple[swae_text.latent.attributes.AttributeVector, SpaceName]":
    """The vector and its space, if they are of this model.

    Raises:
        ModelFolderError: it was fitted in another space, or in one of another size.
    """
    from swae_text.vectors import load_vector

    vector, fitted = load_vector(path)
    if asked not in (None, fitted):
        raise ModelFolderError(f"{path}: fitted in space '{fitted}', not in '{asked}'")
    chosen: SpaceName = "code" if fitted == "code" else "latent"
    size, dim = len(vector.direction), sentences.dim(chosen)
    if size != dim:
        raise ModelFolderError(
            f"{path}: has {size} numbers and space '{chosen}' of {model} has {dim}: "
            "fit it again with this model"
        )
    return vector, chosen


def _labelled(
    texts: list[str], labels: list[str | None], limit: int
) -> tuple[list[str], list[str | None]]:
    """At most ``limit`` sentences that have a label, from all over a corpus that may be sorted."""
    rows = [row for row, label in enumerate(labels) if label is not None]
    rows = sorted(random.Random(0).sample(rows, min(limit, len(rows))))
    return [texts[row] for row in rows], [labels[row] for row in rows]


def _two_labels(labels: list[str | None], positive: str | None, data: str) -> tuple[str, str]:
    """Names of the negative and the positive label; with ``positive`` it is one against the rest.

    Raises:
        CorpusError: there are not two labels, or not the one asked for.
    """
    names = sorted(name for name in Counter(labels) if name is not None)
    listed = ", ".join(names[:8]) or "none"
    if len(names) < 2:
        raise CorpusError(f"{data}: an attribute needs two labels; found: {listed}: give --label")
    if positive is None and len(names) > 2:
        raise CorpusError(f"{data}: more than two labels ({listed}): choose one with --positive")
    if positive is None:
        return names[0], names[1]
    if positive not in names:
        raise CorpusError(f"{data}: no sentence has the label '{positive}'; found: {listed}")
    rest = [name for name in names if name != positive]
    return (rest[0] if len(rest) == 1 else f"not {positive}"), positive
