"""``swae-text outliers``: sentences that the space does not hold."""

import heapq
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swae_text.cli.arguments import (
    BatchSize,
    File,
    Lines,
    Model,
    OnBadRow,
    Space,
    open_space,
)
from swae_text.cli.formatting import as_json, as_line, line_form, short
from swae_text.cli.streams import (
    BadLines,
    for_sentences,
    in_batches,
    read_records,
    say,
    write_lines,
)
from swae_text.names import SpaceName

if TYPE_CHECKING:
    import swae_text.space


def outliers(
    model: Model,
    file: File = None,
    worst: Annotated[
        int | None, typer.Option(min=1, help="Read all; give only the so many dearest a piece.")
    ] = None,
    space: Space = None,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """Say how well the space holds each sentence: edits a word, nats a piece, typicality.

    A sentence too long for the model has "too_long" and no figures; --worst leaves it out.
    """
    opened, bad = open_space(model), BadLines(on_bad_row)
    chosen: SpaceName = space or opened.default_space
    line = _row if line_form(form) == "text" else as_json
    batches = _judged(opened, file, chosen, batch_size, bad)
    if worst is None:
        for batch in batches:
            write_lines(map(line, batch))
        bad.tell()
        return
    too_long = 0

    def judged() -> Iterator[dict[str, Any]]:
        nonlocal too_long
        for record in (record for batch in batches for record in batch):
            too_long += record.get("too_long", False)
            if record["nats"] is not None:
                yield record

    write_lines(map(line, heapq.nlargest(worst, judged(), key=lambda record: record["nats"])))
    if too_long:
        say(f"left out as longer than the model reads: {too_long:,}")
    bad.tell()


def _judged(
    opened: "swae_text.space.SentenceSpace",
    file: str | None,
    chosen: SpaceName,
    batch_size: int,
    bad: BadLines,
) -> Iterator[list[dict[str, Any]]]:
    """A record out for each in."""
    from swae_text.evaluation.outliers import holds

    def work(texts: list[str]) -> list[dict[str, Any] | None]:
        found = opened.for_readable(texts, lambda read: holds(opened, read, within=chosen))
        return [None if one is None else asdict(one) for one in found]

    for batch in in_batches(read_records(file, bad), batch_size):
        yield [
            {
                **record.fields,
                "text": "" if found is None else found["text"],
                "input": record.text,
                **{
                    name: short(found[name] if found else None)
                    for name in ("nats", "edits", "typicality")
                },
                **({"too_long": True} if found is None and not record.empty else {}),
            }
            for record, found in for_sentences(batch, work, bad)
        ]


def _row(record: dict[str, Any]) -> str:
    """Nats a piece, edits a word, typicality, then what went in and what came back."""
    if record.get("too_long"):
        return f"too long           {as_line(record['input'])}"
    if record["nats"] is None:
        return ""
    typical = "–" if record["typicality"] is None else f"{record['typicality']:.3f}"
    figures = f"{record['nats']:5.2f} {record['edits']:5.2f} {typical:>6}"
    back = "" if record["text"] == record["input"] else f"  →  {as_line(record['text'])}"
    return f"{figures}  {as_line(record['input'])}{back}"
