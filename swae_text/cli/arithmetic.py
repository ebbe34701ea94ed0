"""``swae-text analogy`` and ``average``: vectors calculated from others, and what they say."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from swae_text.cli.arguments import (
    BatchSize,
    Beams,
    File,
    Lines,
    Model,
    OnBadRow,
    Rerank,
    Space,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_json, as_line, compact, line_form
from swae_text.cli.groups import encoded, given, read_groups
from swae_text.cli.streams import (
    BadLines,
    Record,
    for_sentences,
    in_batches,
    read_records,
    write_lines,
)
from swae_text.errors import CorpusError
from swae_text.names import SpaceName

if TYPE_CHECKING:
    from torch import Tensor

    import swae_text.generation.decoding
    import swae_text.space


def analogy(
    model: Model,
    sentences: Annotated[
        list[str] | None, typer.Argument(metavar="[A B C]", help="Three sentences.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            help='In their place: three a line with tabs between, or {"texts": [...]}; `-`: stdin.'
        ),
    ] = None,
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """The sentence at A − B + C: what is to C as A is to B.

    A "the food was great ." B "the food was terrible ." C "the service was terrible ." asks for
    "the service was great ."

    The distance is that from the vector wanted to the vector of the sentence.
    """
    import torch

    from swae_text.latent import arithmetic

    if (file is None) != (len(sentences or ()) == 3) or (file and sentences):
        raise typer.BadParameter("give three sentences A B C, or --file FILE")
    typed = given(sentences or ())
    opened, decoding, written = open_space(model), searched(beams, rerank), line_form(form)
    chosen: SpaceName = space or opened.default_space
    bad = BadLines(on_bad_row)
    for batch in in_batches([typed] if file is None else read_groups(file, 3, bad), batch_size):
        found = encoded(batch, lambda texts: opened.encode(texts, space=chosen), bad)
        z = [arithmetic.analogy(*three) for _, three in found if three]
        wanted = torch.stack(z) if z else torch.empty(0, opened.dim(chosen))
        said = iter(_said(opened, wanted, chosen, decoding))
        write_lines(
            _line({**group.fields, "texts": group.texts}, next(said) if three else None, written)
            for group, three in found
        )
    bad.tell()


def average(
    model: Model,
    file: File = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="A mean for each value of this key of JSON objects."),
    ] = None,
    keep_length: Annotated[
        bool,
        typer.Option("--keep-length", help="Bring the mean to the mean length of the vectors."),
    ] = False,
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """The sentence at the mean of all sentences, with their number; empty lines do not count.

    The distance is that from the mean to the vector of the sentence.
    """
    import torch

    from swae_text.latent.arithmetic import Mean

    opened, decoding, written = open_space(model), searched(beams, rerank), line_form(form)
    chosen: SpaceName = space or opened.default_space
    bad = BadLines(on_bad_row)
    means: dict[str, tuple[dict[str, Any], Mean]] = {}
    for batch in in_batches(read_records(file, bad), batch_size):
        found = for_sentences(batch, lambda texts: list(opened.encode(texts, space=chosen)), bad)
        for record, z in found:
            key = None if z is None else _key(record, by, bad)
            if z is None or key is None:
                continue
            own, part = as_json(key), Mean.of(z[None])
            means[own] = (key, means[own][1] + part if own in means else part)
    bad.tell()
    if not means:
        raise CorpusError(f"{file or 'stdin'}: no sentence to average: give at least one")
    z = torch.stack([mean.vector(keep_length=keep_length) for _, mean in means.values()])
    said = _said(opened, z.to(opened.device), chosen, decoding)
    write_lines(
        _line(key, {**found, "n": mean.n}, written)
        for (key, mean), found in zip(means.values(), said, strict=True)
    )


def _said(
    space: "swae_text.space.SentenceSpace",
    z: "Tensor",
    name: SpaceName,
    decoding: "swae_text.generation.decoding.Decoding",
) -> list[dict[str, Any]]:
    """What vectors say, and how far that is from them; None where it is too long to be read."""
    texts = space.decode(z, space=name, decoding=decoding)
    fits = space.fits(texts)
    read = [text if fit else "" for text, fit in zip(texts, fits, strict=True)]
    own = space.encode(read, space=name)
    far = compact((own - z.to(own)).norm(dim=1).tolist())
    return [
        {"text": text, "distance": distance if fit else None}
        for text, fit, distance in zip(texts, fits, far, strict=True)
    ]


def _line(fields: dict[str, Any], found: dict[str, Any] | None, form: str) -> str:
    """One record out; nothing is said of an empty line."""
    found = found or {"text": "", "distance": None}
    return as_line(found["text"]) if form == "text" else as_json({**fields, **found})


def _key(record: Record, by: str | None, bad: BadLines) -> dict[str, Any] | None:
    """What the mean that a record belongs to is of; None for one that is skipped."""
    if by is None:
        return {}
    if by in record.fields:
        return {by: record.fields[by]}
    problem = f"{record.where}: no {by!r} to average by: give JSON objects with it"
    bad.excuse(record, CorpusError(problem))
    return None
