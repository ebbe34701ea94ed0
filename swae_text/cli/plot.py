"""``swae-text plot``: what was trained and judged, as PNG or SVG. Needs the extra ``plot``."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from swae_text.cli.arguments import LAST_SEED, Model, OnBadRow, Space, TextColumn, open_space
from swae_text.cli.streams import say, write_lines
from swae_text.errors import ConfigError, CorpusError

Out = Annotated[Path, typer.Option(help="Picture to write, *.png or *.svg.")]

app = typer.Typer(no_args_is_help=True, help="Draw training curves, maps, paths and transfer.")


@app.command()
def training(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    out: Out,
    against: Annotated[
        Literal["steps", "seconds"], typer.Option(help="What the curves go along.")
    ] = "steps",
) -> None:
    """Draw BLEU on validation and the losses of one run, or of several, stage by stage."""
    from swae_text.evaluation.plots.canvas import form
    from swae_text.evaluation.plots.training import Run, draw

    form(out)
    draw([Run.read(run) for run in runs], out, against)
    write_lines([str(out)])


@app.command("map")
def latent_map(
    model: Model,
    out: Out,
    data: Annotated[
        str | None,
        typer.Option(help="File, folder or catalog name. Default: the model's own corpus."),
    ] = None,
    split: Annotated[
        Literal["train", "valid", "test"], typer.Option(help="Which split, where there are any.")
    ] = "train",
    label: Annotated[
        str | None, typer.Option(help="Column of the label. Default: found by name.")
    ] = None,
    text: TextColumn = None,
    limit: Annotated[int, typer.Option(min=3, help="Sentences, chosen by seed.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, max=LAST_SEED, help="Seed of the choice.")] = 0,
    space: Space = None,
    on_bad_row: OnBadRow = "refuse",
) -> None:
    """Draw a corpus on the first two principal axes of its vectors, coloured by label."""
    from swae_text.cli.reading import account, chosen, read_sentences
    from swae_text.evaluation.plots.canvas import form
    from swae_text.evaluation.plots.latent_map import Mapped, draw
    from swae_text.explorer.survey import Survey

    form(out)
    opened = open_space(model)
    name = space or opened.default_space
    found = read_sentences(opened, data, split=split, text=text, label=label, on_bad_row=on_bad_row)
    say(account(found))
    some = chosen(found, limit, seed)
    survey = Survey(opened, name, some.texts, some.labels, found.source)
    for _ in survey.steps():
        pass
    if survey.problem is not None:
        raise CorpusError(survey.problem)
    title = f"{opened.config.name}, space {name}: {found.source} ({found.split})"
    note = f"n = {len(some.texts):,} of {len(found.texts):,} sentences, seed {seed}"
    draw(Mapped(survey.points, some.labels, survey.shares, title, note), out)
    write_lines([str(out)])


@app.command()
def paths(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="Model; or a file that `evaluate --json` or `interpolate --pairs FILE "
            "--perplexity` wrote.",
        ),
    ],
    out: Out,
    pairs: Annotated[int, typer.Option(min=1, help="Of a model: paths to walk.")] = 200,
    steps: Annotated[int, typer.Option(min=3, help="Of a model: points of a path.")] = 7,
    split: Annotated[
        Literal["valid", "test"], typer.Option(help="Of a model: where the ends come from.")
    ] = "valid",
) -> None:
    """Draw perplexity along paths between held-out sentences."""
    from swae_text.evaluation.plots.canvas import form
    from swae_text.evaluation.plots.paths import Profile, draw

    def profile(name: str, source: Path) -> Profile:
        if not source.is_file():
            return Profile.of_result(name, _walked(source, pairs, steps, split))
        records = _records(source)
        if len(records) == 1 and "evidence" in records[0]:
            return Profile.of_result(name, records[0])
        return Profile.of_walks(name, [record.get("path", []) for record in records])

    form(out)
    with _readable():
        profiles = [profile(*pair) for pair in _named(sources).items()]
    draw(profiles, out)
    write_lines([str(out)])


@app.command()
def transfer(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT...", help="Files that `evaluate --references FILE --json` wrote."
        ),
    ],
    out: Out,
) -> None:
    """Draw accuracy against content of attribute edits, for every setting that was tried."""
    from swae_text.evaluation.plots.canvas import form
    from swae_text.evaluation.plots.transfer import draw

    form(out)
    with _readable():
        draw({name: _one(_records(file), file) for name, file in _named(results).items()}, out)
    write_lines([str(out)])


def _walked(model: Path, pairs: int, steps: int, split: str) -> dict[str, Any]:
    """The paths of an evaluation, and nothing else of it."""
    from swae_text.corpora.store import prepare
    from swae_text.evaluation.geometry import path_rows
    from swae_text.evaluation.held_out import Encoded, HeldOut
    from swae_text.evaluation.judges import Judges
    from swae_text.evaluation.settings import EvaluationConfig

    space = open_space(model)
    config = space.config
    corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, say)
    held_out = HeldOut.of(corpus, config.corpus.source, split, 2 * pairs)
    asked = EvaluationConfig(paths=pairs, path_steps=steps)
    found = path_rows(Encoded(space, held_out.texts), Judges(corpus, say), asked)
    told = {"model": config.name, "seed": config.seed, "corpus": held_out.corpus, "split": split}
    return {"paths": found, "evidence": told}


def _named(files: Iterable[Path]) -> dict[str, Path]:
    """Files and models by names for a legend: as short as they differ."""
    names: dict[Path, tuple[str, str]] = {}
    for file in files:
        path = file.resolve()
        path = path.parent if path.name == "model" else path
        name = path.stem if path.is_file() else path.name  # a run may be called fixed-0.6
        names[file] = name, f"{path.parent.name}/{name}"
    seen = Counter(name for pair in names.values() for name in pair)
    return {
        next((name for name in pair if seen[name] == 1), str(file)): file
        for file, pair in names.items()
    }


@contextmanager
def _readable() -> Iterator[None]:
    """Files that hold something else than they should are no fault of ours.

    Raises:
        ConfigError: a value is missing or of another kind.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"no file that this version wrote ({type(error).__name__}: {error}): write it again"
        ) from error


def _records(file: Path) -> list[dict[str, Any]]:
    """JSON of a file: one object, indented or not, or one a line.

    Raises:
        ConfigError: it is something else.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        found = [json.loads(text)]
    except ValueError:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise ConfigError(f"{file}: not JSON ({error}): give what a verb wrote") from error
    if not found or not all(isinstance(record, dict) for record in found):
        raise ConfigError(f"{file}: no JSON objects: give what a verb wrote")
    return found


def _one(records: list[dict[str, Any]], file: Path) -> dict[str, Any]:
    """The only record of a file."""
    if len(records) != 1:
        raise ConfigError(f"{file}: {len(records)} records: give one result of `evaluate --json`")
    return records[0]
