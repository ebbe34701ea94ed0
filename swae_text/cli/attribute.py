"""``swae-text attribute``: find the direction of an attribute, and move sentences along it."""

import random
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from swae_text.cli.arguments import (
    BatchSize,
    Beams,
    File,
    Lines,
    Model,
    Rerank,
    Space,
    SpaceName,
    TextColumn,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_record, line_form
from swae_text.cli.streams import for_sentences, in_batches, read_records, say, write_lines
from swae_text.errors import CorpusError, ModelFolderError

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
    space: Space = None,
) -> None:
    """Fit the mean difference between the vectors of two labels and write it to a file."""
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
        positive=positive,
        negative=negative,
    )
    save_vector(vector, out, space=chosen)
    length = vector.direction.norm().item()
    say(
        f"{out}: from '{negative}' ({vector.n_negative}) to '{positive}' ({vector.n_positive}), "
        f"length {length:.3g} in space '{chosen}'"
    )


@app.command()
def apply(
    model: Model,
    vector: Annotated[Path, typer.Argument(metavar="VECTOR", help="What `fit` has written.")],
    file: File = None,
    strength: Annotated[
        float, typer.Option(help="1 is the distance between the labels' means; below 0: back.")
    ] = 1.0,
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    form: Lines = None,
    batch_size: BatchSize = 64,
) -> None:
    """Move sentences along an attribute's direction, one record out for each in."""
    from swae_text.latent import attributes
    from swae_text.vectors import load_vector

    direction, fitted = load_vector(vector)
    if space not in (None, fitted):
        raise ModelFolderError(f"{vector}: fitted in space '{fitted}', not in '{space}'")
    chosen: SpaceName = "code" if fitted == "code" else "latent"
    sentences = open_space(model)
    size, dim = len(direction.direction), sentences.dim(chosen)
    if size != dim:
        raise ModelFolderError(
            f"{vector}: has {size} numbers and space '{chosen}' of {model} has {dim}: "
            "fit it again with this model"
        )

    decoding = searched(beams, rerank)

    def move(texts: list[str]) -> list[str]:
        z = attributes.apply(sentences.encode(texts, space=chosen), direction, strength)
        return sentences.decode(z, space=chosen, decoding=decoding)

    written = line_form(form)
    for batch in in_batches(read_records(file), batch_size):
        texts = for_sentences(batch, move)
        write_lines(
            as_record(record, text, written) for record, text in zip(batch, texts, strict=True)
        )


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
