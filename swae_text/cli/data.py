"""``swae-text data``: read, clean and tokenise a corpus before training needs it."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swae_text.cli.arguments import BadRowChoice, Overrides, Table
from swae_text.cli.formatting import as_block, table, table_form
from swae_text.cli.streams import say, write_lines
from swae_text.errors import ConfigError

if TYPE_CHECKING:
    import swae_text.config

app = typer.Typer(no_args_is_help=True, help="Prepare a corpus.")


@app.callback()
def data() -> None:
    """Prepare a corpus."""


@app.command()
def prepare(
    what: Annotated[
        str,
        typer.Argument(metavar="CONFIG|CORPUS", help="A run's YAML, a catalog name, or a corpus."),
    ],
    overrides: Overrides = None,
    on_bad_row: Annotated[
        BadRowChoice | None, typer.Option(help="Short for --set corpus.on_bad_row=….")
    ] = None,
    form: Table = None,
) -> None:
    """Read, clean and tokenise a corpus into the cache, and report what was kept."""
    changes = [f"corpus.on_bad_row={on_bad_row}"] if on_bad_row else []
    settings = _settings(what, [*(overrides or []), *changes])
    from swae_text.corpora.store import prepare as prepare_corpus

    corpus = prepare_corpus(settings.corpus, settings.tokenizer, settings.model.max_tokens, say)
    say("already prepared" if corpus.cached else "prepared")
    splits = {"train": corpus.train, "valid": corpus.valid, "test": corpus.test}
    report = {
        "corpus": settings.corpus.source,
        "fingerprint": corpus.fingerprint,
        "pieces": corpus.tokenizer.vocab_size,
        "sentences": {name: len(split) for name, split in splits.items()},
        "labels": {
            name: {label: int((split.labels == i).sum()) for i, label in enumerate(corpus.labels)}
            for name, split in splits.items()
        },
        "cleaning": corpus.report,
    }
    if table_form(form) == "json":
        write_lines([as_block(report)])
    else:
        write_lines(table(list(flat(report))))


def flat(tree: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """A tree as rows of dotted name and value."""
    rows: list[tuple[str, object]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        rows += flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return rows


def _settings(what: str, overrides: list[str]) -> "swae_text.config.RunConfig":
    """The settings that a YAML file, a catalog name or the file of a corpus stands for."""
    from swae_text.config import load_config
    from swae_text.corpora.catalog import CATALOG
    from swae_text.corpora.formats import SUFFIXES, kind_of

    path = Path(what)
    if what in CATALOG or what == "-" or path.is_dir() or kind_of(path) in SUFFIXES:
        return load_config(None, [f"corpus.source={dumps(what)}", *overrides])
    if not path.exists():
        names = ", ".join(sorted(CATALOG))
        raise ConfigError(f"{what}: no YAML file, no file of sentences, none of {names}")
    return load_config(what, overrides)
