"""``swae-text evaluate``: how well held-out sentences survive each way through the space."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swae_text import __version__
from swae_text.cli.arguments import Model, SpaceName, Table, TextColumn, open_space
from swae_text.cli.formatting import as_block, table, table_form
from swae_text.cli.streams import say, write_lines

if TYPE_CHECKING:
    import swae_text.space


def evaluate(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option(help="File, folder or catalog name. Default: what the model was trained on."),
    ] = None,
    split: Annotated[
        Literal["train", "valid", "test"],
        typer.Option(help="Which split, where the data have any; a single file is taken whole."),
    ] = "test",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many sentences, from the beginning.")
    ] = None,
    text: TextColumn = None,
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    form: Table = None,
) -> None:
    """Reconstruct held-out sentences through stage one and through both stages.

    The row `copy` gives the input back: the ceiling of every other row.
    """
    from swae_text.cli.reading import account, read_sentences

    space = open_space(model)
    found = read_sentences(space, data, split=split, limit=limit, text=text)
    say(account(found))
    rows = [_copy(found.texts), _through(space, found.texts, "code")]
    if space.stage_two is not None:
        rows.append(_through(space, found.texts, "latent"))
    result = {
        "corpus": found.source,
        "split": found.split,
        "n": len(found.texts),
        "left_out": found.left_out,
        "seed": space.config.seed,
        "signature": rows[0].pop("signature"),
        "version": __version__,
        "rows": rows,
    }
    write_lines([as_block(result)] if json or table_form(form) == "json" else _table(result))


def _copy(texts: list[str]) -> dict[str, Any]:
    """The row of a method that gives back what it was given."""
    from swae_text.metrics.reconstruction import reconstruction

    score = reconstruction(texts, texts)
    return {
        "through": "copy",
        "bleu": score.bleu,
        "exact_match": score.exact_match,
        "token_accuracy": None,
        "signature": score.signature,
    }


def _through(
    space: "swae_text.space.SentenceSpace", texts: list[str], name: SpaceName
) -> dict[str, Any]:
    """The row of one space: greedy reconstructions, and accuracy under teacher forcing."""
    from swae_text.metrics.reconstruction import reconstruction

    score = reconstruction(texts, space.reconstruct(texts, space=name))
    return {
        "through": "stage one" if name == "code" else "both stages",
        "bleu": score.bleu,
        "exact_match": score.exact_match,
        "token_accuracy": space.token_accuracy(texts, space=name),
    }


def _table(result: dict[str, Any]) -> list[str]:
    """The rows for people, and the line that makes them repeatable."""
    rows = [
        [row["through"], row["bleu"], _percent(row["exact_match"]), _percent(row["token_accuracy"])]
        for row in result["rows"]
    ]
    evidence = ("corpus", "split", "n", "seed", "signature", "version")
    return [
        *table(rows, header=("through", "BLEU", "exact %", "tokens %")),
        " ".join(f"{key}={result[key]}" for key in evidence),
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
