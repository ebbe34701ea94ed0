"""``swae-text neighbours``: the sentences of a corpus that lie nearest to some others."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swae_text.cli.arguments import (
    BadRowChoice,
    BatchSize,
    File,
    Lines,
    Model,
    OnBadRow,
    Space,
    TextColumn,
    open_space,
)
from swae_text.cli.formatting import as_json, as_line, compact, line_form, table
from swae_text.cli.streams import (
    BadLines,
    Record,
    for_sentences,
    in_batches,
    read_records,
    say,
    write_lines,
)
from swae_text.cli.vectors import read_vector
from swae_text.errors import CorpusError
from swae_text.names import SpaceName

if TYPE_CHECKING:
    import torch

    import swae_text.bulk.index
    import swae_text.latent.neighbours
    import swae_text.space

_AT_ONCE = 4096  # vectors of a file


def neighbours(
    model: Model,
    file: File = None,
    among: Annotated[
        str | None,
        typer.Option(help="File, folder or catalog name. Default: the model's own corpus."),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Instead of --among: what `encode` has written, lines or shards."
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", "--number", min=1, help="Neighbours of each.")] = 10,
    metric: Annotated[
        Literal["euclidean", "cosine"], typer.Option(help="What near means.")
    ] = "euclidean",
    exclude_self: Annotated[
        bool, typer.Option("--exclude-self", help="Leave an exact copy of the sentence out.")
    ] = False,
    split: Annotated[
        Literal["train", "valid", "test"] | None,
        typer.Option(help="Split of the corpus. Default: train."),
    ] = None,
    text: TextColumn = None,
    space: Space = None,
    approximate: Annotated[
        bool,
        typer.Option(
            "--approximate", help="Through an index (faiss) that is kept with the shards."
        ),
    ] = False,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """Find the nearest sentences of a corpus, exactly; sentences or vectors in, one record each.

    The input is read to its end, then the corpus goes by once, in blocks.
    """
    from swae_text.corpora.cleaning import normalise
    from swae_text.latent.neighbours import nearest

    if vectors is not None and (among is not None or text is not None or split is not None):
        raise typer.BadParameter("give --vectors or --among (with --text, --split), not both")
    if approximate and not (vectors and Path(vectors).is_dir()):
        raise typer.BadParameter("--approximate wants --vectors FOLDER, of Parquet shards")
    opened = open_space(model)
    chosen: SpaceName = space or opened.default_space
    bad = BadLines(on_bad_row)
    records, z = _queries(opened, file, chosen, batch_size, bad)
    without = [
        normalise(record.text, opened.config.corpus) if exclude_self and record.text else None
        for record, known in records
        if known
    ]
    if approximate and vectors is not None:
        index = _index(opened, vectors, chosen, metric, bad)
        found = index.nearest(z.cpu().numpy(), k=k, without=without)
    else:
        blocks = (
            _corpus(opened, among, split or "train", text, chosen, on_bad_row)
            if vectors is None
            else _ready(opened, vectors, chosen, bad)
        )
        found = nearest(z, blocks, k=k, metric=metric, without=without)
    bad.tell()
    rows = iter(found)
    as_lines = _table if line_form(form) == "text" else _json
    for record, known in records:
        write_lines(as_lines(record, next(rows) if known else [], metric))


def _queries(
    opened: "swae_text.space.SentenceSpace",
    file: str | None,
    chosen: SpaceName,
    batch_size: int,
    bad: BadLines,
) -> "tuple[list[tuple[Record, bool]], torch.Tensor]":
    """All records, whether each has a vector, and the vectors: its own, or of its sentence."""
    import torch

    records: list[tuple[Record, bool]] = []
    dim = opened.dim(chosen)
    rows: list[torch.Tensor] = [torch.empty(0, dim)]
    for batch in in_batches(read_records(file, bad), batch_size):
        bare = [record for record in batch if "z" not in record.fields]
        encoded = iter(
            for_sentences(bare, lambda texts: opened.encode(texts, space=chosen).tolist(), bad)
        )
        for record in batch:
            if "z" in record.fields:
                record, _, z = read_vector(record, chosen, chosen, opened.dim, bad)
            else:
                record, z = next(encoded)
            records.append((record, z is not None))
            rows += [] if z is None else [torch.tensor([z])]
    return records, torch.cat(rows)


def _corpus(
    opened: "swae_text.space.SentenceSpace",
    source: str | None,
    split: str,
    text: str | None,
    chosen: SpaceName,
    on_bad_row: BadRowChoice,
) -> "Iterator[swae_text.latent.neighbours.Block]":
    """A corpus, encoded while it goes by."""
    from swae_text.cli.reading import account, read_in_blocks
    from swae_text.latent.neighbours import Block

    n = 0
    parts = read_in_blocks(opened, source, split=split, text=text, on_bad_row=on_bad_row)
    for part in parts:
        yield Block(part.texts, opened.encode(part.texts, space=chosen), part.labels)
        n += len(part.texts)
    say(account(part, n))


def _ready(
    opened: "swae_text.space.SentenceSpace", file: str, chosen: SpaceName, bad: BadLines
) -> "Iterator[swae_text.latent.neighbours.Block]":
    """What ``encode`` has written, a block at a time; what has no vector is passed over."""
    n = 0
    for block in (_shards if Path(file).is_dir() else _lines)(opened, file, chosen, bad):
        yield block
        n += len(block.texts)
    if not n:
        raise CorpusError(f"{file}: no vectors: write them with `swae-text encode`")
    say(f"{file}: {n:,} vectors")


def _shards(
    opened: "swae_text.space.SentenceSpace", folder: str, chosen: SpaceName, bad: BadLines
) -> "Iterator[swae_text.latent.neighbours.Block]":
    """Windows of a folder of Parquet shards."""
    import torch

    from swae_text.bulk.vectors import vectors
    from swae_text.corpora.cleaning import normalise
    from swae_text.latent.neighbours import Block

    def excuse(error: CorpusError) -> None:
        bad.excuse(Record("", folder), error)

    for part in vectors(Path(folder), chosen, opened.dim, excuse):
        normal = [normalise(text, opened.config.corpus) for text in part.texts]
        yield Block(normal, torch.from_numpy(part.z), part.labels)


def _index(
    opened: "swae_text.space.SentenceSpace",
    folder: str,
    chosen: SpaceName,
    metric: "swae_text.latent.neighbours.Metric",
    bad: BadLines,
) -> "swae_text.bulk.index.Index":
    """The index of a folder of Parquet shards."""
    from swae_text.bulk.index import Index
    from swae_text.bulk.vectors import vectors
    from swae_text.corpora.cleaning import normalise

    told: set[str] = set()  # it is gone through twice

    def excuse(error: CorpusError) -> None:
        if str(error) not in told:
            bad.excuse(Record("", folder), error)
            told.add(str(error))

    return Index.of(
        Path(folder),
        chosen,
        metric,
        opened.dim(chosen),
        lambda: vectors(Path(folder), chosen, opened.dim, excuse),
        lambda text: normalise(text, opened.config.corpus),
        say,
    )


def _lines(
    opened: "swae_text.space.SentenceSpace", file: str, chosen: SpaceName, bad: BadLines
) -> "Iterator[swae_text.latent.neighbours.Block]":
    """Blocks of a file of lines."""
    import torch

    from swae_text.corpora.cleaning import normalise
    from swae_text.latent.neighbours import Block

    dim, lines = opened.dim(chosen), iter(read_records(file, bad))
    while block := list(itertools.islice(lines, _AT_ONCE)):
        read = [read_vector(line, chosen, chosen, opened.dim, bad) for line in block]
        full = [(line, vector) for line, _, vector in read if vector is not None]
        yield Block(
            [normalise(line.text, opened.config.corpus) for line, _ in full],
            torch.tensor([vector for _, vector in full]).reshape(-1, dim),
            [_label(line) for line, _ in full],
        )


def _label(record: Record) -> str | None:
    label = record.fields.get("label")
    return None if label is None else str(label)


def _json(
    record: Record,
    found: "Sequence[swae_text.latent.neighbours.Neighbour]",
    metric: str,
) -> Iterator[str]:
    """The record's other keys, what went in, and what lies near it."""
    kept = {key: value for key, value in record.fields.items() if key not in ("z", "space", "text")}
    near: list[dict[str, Any]] = [
        {
            "text": one.text,
            **({} if one.label is None else {"label": one.label}),
            "count": one.count,
            _name(metric): _near(one.distance, metric),
        }
        for one in found
    ]
    yield as_json({**kept, "input": record.text, "neighbours": near})


def _table(
    record: Record,
    found: "Sequence[swae_text.latent.neighbours.Neighbour]",
    metric: str,
) -> Iterator[str]:
    """The sentence, its neighbours under it, and an empty line."""
    yield as_line(record.text) or "–"
    rows = [
        [_near(one.distance, metric), f"× {one.count}", one.label or "", as_line(one.text)]
        for one in found
    ]
    yield from (f"  {line}" for line in table(rows))
    yield ""


def _name(metric: str) -> str:
    return "distance" if metric == "euclidean" else "similarity"


def _near(distance: float, metric: str) -> float:
    """What people read: the distance, or the cosine."""
    return compact([distance if metric == "euclidean" else 1 - distance])[0]
