"""``swae-text benchmark``: several methods on equal terms, one table."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from swae_text.cli.formatting import as_block
from swae_text.cli.streams import say, write_lines


def benchmark(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The benchmark's YAML file.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B=VALUE", help="Change one setting; may be repeated."),
    ] = None,
    runs_dir: Annotated[
        Path, typer.Option(help="Folder for the benchmark's runs, in a folder of its name.")
    ] = Path("runs"),
    results: Annotated[
        Path | None, typer.Option(help="Folder of finished results. Default: with the runs.")
    ] = None,
    render_only: Annotated[
        bool, typer.Option("--render-only", help="Only show what is finished; train nothing.")
    ] = False,
    form: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="What to print.")
    ] = "markdown",
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw BLEU against reverse perplexity into this file (extra `plot`)."),
    ] = None,
) -> None:
    """Train and judge every method of a benchmark; prints one table.

    What is finished is never repeated: stop it and start it again at will. Each result is a JSON
    file with its settings.
    """
    from swae_text.cli.progress import Log
    from swae_text.evaluation.benchmark import Benchmark, load_benchmark
    from swae_text.evaluation.tables import benchmark_tables

    config = load_benchmark(file, tuple(overrides or ()))
    runs = runs_dir / config.name
    work = Benchmark(config, file.parent, runs, results or runs / "results", say, Log(say))
    finished = work.finished() if render_only else work.run()
    if plot is not None:
        _draw(finished, plot, config.name)
    if form == "json":
        write_lines([as_block(finished)])
        return
    write_lines([part.markdown() for part in benchmark_tables(finished, config.name)])


def _draw(results: list[dict[str, Any]], path: Path, title: str) -> None:
    from swae_text.evaluation.plot import draw

    draw(results, path, title)
