"""``swae-text train``: both stages of a run, shown while they go."""

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from swae_text.cli.arguments import Overrides
from swae_text.cli.streams import say, write_lines


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The run's YAML file.")],
    overrides: Overrides = None,
    stage: Annotated[
        Literal["all", "one", "two"], typer.Option(help="Train only one of the stages.")
    ] = "all",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest checkpoint.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Throw an existing run of this name away.")
    ] = False,
    runs_dir: Annotated[Path, typer.Option(help="Folder of the run folders.")] = Path("runs"),
    devices: Annotated[
        int | None, typer.Option(min=1, help="Short for --set training.devices=N.")
    ] = None,
) -> None:
    """Train a model; prints its folder. Ctrl-C stops it so that --resume can go on."""
    if resume and overwrite:
        raise typer.BadParameter("--resume keeps the run and --overwrite throws it away")
    changes = [*(overrides or []), *([f"training.devices={devices}"] if devices else [])]
    from swae_text.config import load_config

    settings = load_config(config, changes)
    from swae_text.cli.progress import shown
    from swae_text.training.run import is_first_process
    from swae_text.training.run import train as train_run

    try:
        with shown() as report:
            folder = train_run(
                settings,
                runs_dir / settings.name,
                stages=stage,
                resume=resume,
                overwrite=overwrite,
                report=report,
            )
    except KeyboardInterrupt:
        say(f"interrupted; to go on: {_again(config, changes, stage, runs_dir)}")
        raise
    if is_first_process():
        write_lines([str(folder)])


def _again(config: Path, changes: list[str], stage: str, runs_dir: Path) -> str:
    """The command that continues this run."""
    words = ["swae-text", "train", str(config), "--resume"]
    for change in changes:
        words += ["--set", change]
    words += ["--stage", stage] if stage != "all" else []
    words += ["--runs-dir", str(runs_dir)] if runs_dir != Path("runs") else []
    return shlex.join(words)
