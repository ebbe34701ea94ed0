"""``swae-text attribute fit``: find the direction of an attribute in labelled sentences."""

import math
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swae_text.cli.arguments import Model, OnBadRow, Seed, Space, TextColumn, open_space
from swae_text.cli.streams import say
from swae_text.errors import CorpusError
from swae_text.names import SpaceName

if TYPE_CHECKING:
    from swae_text.latent.attributes import AttributeVector
    from swae_text.latent.values import ValueVector
    from swae_text.space import SentenceSpace

WORDS = "words"
"""The ``--value`` that is counted where rows have no such column."""


def fit(
    model: Model,
    out: Annotated[Path, typer.Option(help="File to write, *.safetensors.")],
    data: Annotated[
        str | None,
        typer.Option(help="File, folder or catalog name. Default: the model's own corpus."),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Column of the label. Default: found by name.")
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help="Label to move to. Default: the later of two in sorted order."),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(help="Column of a number, in place of labels; `words`: words are counted."),
    ] = None,
    text: TextColumn = None,
    split: Annotated[
        Literal["train", "valid", "test"], typer.Option(help="Split to learn from.")
    ] = "train",
    limit: Annotated[
        int, typer.Option(min=2, help="Sentences to learn from, chosen by seed.")
    ] = 20_000,
    method: Annotated[
        Literal["mean", "whitened", "logistic", "ridge"],
        typer.Option(
            help="Difference of the means, whitened or not, or normal of a probe; "
            "of a number: mean or ridge."
        ),
    ] = "mean",
    probe: Annotated[
        Literal["line", "slots"],
        typer.Option(
            help="`slots` trains probes that are no lines as well (minutes), so that "
            "`apply --to` can follow them, and a reader of the sentence itself; give them "
            "100,000 sentences where you have them."
        ),
    ] = "line",
    probes: Annotated[
        int | None,
        typer.Option(min=1, max=16, help="With slots: how many, all to be convinced. Default: 2."),
    ] = None,
    space: Space = None,
    seed: Seed = 0,
    on_bad_row: OnBadRow = "refuse",
) -> None:
    """Find the direction between the vectors of two labels, or along a number; write it to a file.

    A slot probe reads codes: with it the default of --space is `code`.
    """
    from swae_text.cli.reading import account, read_sentences
    from swae_text.latent.attributes import PROBES
    from swae_text.vectors import save_vector

    _check(method, probe, probes, value, label, positive)
    sentences = open_space(model)
    chosen: SpaceName = space or ("code" if probe == "slots" else sentences.default_space)
    counted = value == WORDS
    column = value if value and not counted else label
    found = read_sentences(
        sentences, data, split=split, text=text, label=column, on_bad_row=on_bad_row
    )
    say(account(found))
    texts, labels = _labelled(
        found.texts,
        [str(len(t.split())) for t in found.texts] if counted else found.labels,
        limit,
        seed,
    )
    vector: AttributeVector | ValueVector
    if value:
        vector = _along(
            sentences, texts, _numbers(labels, value, found.source), value, method, chosen
        )
    else:
        names = _two_labels(found.labels, positive, found.source)
        count = (probes or PROBES) if probe == "slots" else 0
        vector = _between(sentences, texts, labels, names, method, chosen, count, seed)
    save_vector(vector, out, space=chosen)
    say(f"{out}: {_evidence(vector)}, in space '{chosen}'")


def _check(
    method: str,
    probe: str,
    probes: int | None,
    value: str | None,
    label: str | None,
    positive: str | None,
) -> None:
    """Refuse what does not go together."""
    if value and (label or positive or probe == "slots" or method in ("whitened", "logistic")):
        raise typer.BadParameter(
            "--value is a number: leave out --label, --positive and --probe, and give "
            "--method mean or ridge"
        )
    if probes is not None and probe != "slots":
        raise typer.BadParameter("--probes is how many slot probes: give --probe slots as well")
    if not value and method == "ridge":
        raise typer.BadParameter("--method ridge is of a number: give --value COLUMN")


def _between(
    space: "SentenceSpace",
    texts: list[str],
    labels: list[str],
    names: tuple[str, str],
    method: str,
    chosen: SpaceName,
    probes: int,
    seed: int,
) -> "AttributeVector":
    """The direction from one label to another."""
    import torch

    from swae_text.latent.attributes import fit_attribute

    if probes:
        say(f"training {probes} slot probe(s) on {len(texts):,} sentences")
    return fit_attribute(
        space.encode(texts, space=chosen),
        torch.tensor([label == names[1] for label in labels]),
        method=method,  # type: ignore[arg-type]  # _check left those that it has
        negative=names[0],
        positive=names[1],
        slots=space.slots(chosen) if probes else None,
        probes=probes,
        tokens=space.pieces(texts) if probes else None,
        vocab_size=space.tokenizer.vocab_size,
        generator=torch.Generator().manual_seed(seed),
    )


def _along(
    space: "SentenceSpace",
    texts: list[str],
    values: list[float],
    name: str,
    method: str,
    chosen: SpaceName,
) -> "ValueVector":
    """The direction in which a number grows."""
    import torch

    from swae_text.latent.values import fit_value

    z = space.encode(texts, space=chosen)
    numbers = torch.tensor(values, dtype=z.dtype)
    return fit_value(z, numbers, method=method, name=name)  # type: ignore[arg-type]


def _evidence(vector: "AttributeVector | ValueVector") -> str:
    """What a direction was made from and how well it is read, in one line."""
    from swae_text.latent.values import ValueVector

    length = f"method {vector.method}, length {vector.direction.norm().item():.3g}"
    cosines = ", ".join(f"{name} {value:.2f}" for name, value in vector.cosines.items())
    if isinstance(vector, ValueVector):
        return (
            f"'{vector.name}' of {vector.n} sentences "
            f"({vector.mean:.3g} ± {vector.deviation:.3g}), {length}; a line explains "
            f"{100 * vector.r2:.1f} % of its variance in held-out "
            f"sentences; cosines: {cosines}"
        )
    slots = (
        f", {len(vector.probes)} slot probe(s) {100 * vector.probe_accuracy:.1f} %"
        f", a reader of their pieces {100 * vector.reader_accuracy:.1f} %"
        if vector.probe_accuracy is not None and vector.reader_accuracy is not None
        else ""
    )
    return (
        f"from '{vector.negative}' ({vector.n_negative}) to '{vector.positive}' "
        f"({vector.n_positive}), {length}; a probe reads {100 * vector.accuracy:.1f} % of held-out "
        f"sentences rightly{slots}; cosines: {cosines}"
    )


def _labelled(
    texts: list[str], labels: list[str | None] | list[str], limit: int, seed: int
) -> tuple[list[str], list[str]]:
    """At most ``limit`` sentences that have a label, from all over a corpus that may be sorted."""
    pairs = [(text, label) for text, label in zip(texts, labels, strict=True) if label is not None]
    rows = sorted(random.Random(seed).sample(range(len(pairs)), min(limit, len(pairs))))
    return [pairs[row][0] for row in rows], [pairs[row][1] for row in rows]


def _numbers(labels: list[str], column: str, data: str) -> list[float]:
    """Cells as numbers.

    Raises:
        CorpusError: a cell is no finite number, or no row has one.
    """
    values = []
    for cell in labels:
        try:
            values.append(float(cell))
        except ValueError:
            raise CorpusError(f"{data}: '{cell}' in column '{column}' is no number") from None
        if not math.isfinite(values[-1]):
            raise CorpusError(f"{data}: '{cell}' in column '{column}' is not finite")
    if not values:
        raise CorpusError(f"{data}: no row has a number in column '{column}'")
    return values


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
        raise CorpusError(
            f"{data}: more than two labels ({listed}): choose one with --positive, or give "
            "--value COLUMN if they are numbers"
        )
    if positive is None:
        return names[0], names[1]
    if positive not in names:
        raise CorpusError(f"{data}: no sentence has the label '{positive}'; found: {listed}")
    rest = [name for name in names if name != positive]
    return (rest[0] if len(rest) == 1 else f"not {positive}"), positive
