"""``swae-text benchmark``: several methods on equal terms, one table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from swae_text.cli.formatting import as_block
from swae_text.cli.streams import say, write_lines
from swae_text.errors import ConfigError


def benchmark(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="YAML files of benchmarks.")
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B=VALUE", help="Change one setting; may be repeated."),
    ] = None,
    runs_dir: Annotated[
        Path, typer.Option(help="Folder of the runs, in a folder named like the benchmark.")
    ] = Path("runs/benchmarks"),
    results: Annotated[Path, typer.Option(help="Folder of finished results, likewise.")] = Path(
        "runs/results"
    ),
    render_only: Annotated[
        bool, typer.Option("--render-only", help="Only show what is finished; train nothing.")
    ] = False,
    form: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="What to print.")
    ] = "markdown",
    plot: Annotated[
        Path | None,
        typer.Option(help="Folder for a picture, BLEU against both perplexities (extra `plot`)."),
    ] = None,
) -> None:
    """Train and judge every method of a benchmark; prints one table.

    What is finished is never repeated: stop it and start it again at will. Each result is a JSON
    file with its settings.
    """
    from swae_text.cli.progress import Log
    from swae_text.evaluation.benchmark import Benchmark
    from swae_text.evaluation.works import load_benchmark

    for file in files:
        config = load_benchmark(file, tuple(overrides or ()))
        folders = (file.parent, runs_dir / config.name, results / config.name)
        work = Benchmark(config, *folders, say, Log(say))
        finished = work.finished() if render_only else work.run()
        if not finished:
            raise ConfigError(f"{folders[-1]}: nothing is finished: leave out --render-only")
        picture = None if plot is None else plot / f"{config.name}.svg"
        show(finished, config.name, form, picture, compare=config.compare)


def show(
    results: list[dict[str, Any]],
    title: str,
    form: Literal["markdown", "json"],
    picture: Path | None,
    *,
    compare: Sequence[str] = (),
    split: str = "test",
) -> None:
    """Print the comparison of several models, and draw it where a picture is asked for."""
    from swae_text.evaluation.plots.pairs import draw
    from swae_text.evaluation.tables import benchmark_tables

    if picture is not None:
        draw([row for row in results if row["split"] == split], picture, title)
    if form == "json":
        write_lines([as_block(results)])
    else:
        tables = benchmark_tables(results, title, compare, split)
        write_lines([table.markdown() for table in tables])
