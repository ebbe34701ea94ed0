"""``swae-text train``: both stages of a run, shown while they go."""

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from swae_text.cli.arguments import Overrides, model_folder
from swae_text.cli.streams import say, write_lines


def train(
    config: Annotated[
        list[Path],
        typer.Argument(metavar="CONFIG...", help="YAML files; each is laid over those before it."),
    ],
    overrides: Overrides = None,
    stage: Annotated[
        Literal["all", "one", "two"], typer.Option(help="Train only one of the stages.")
    ] = "all",
    stage_one_from: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Take the stage one of this run; train stage two only."),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="MODEL", help="Begin with this model's weights, and its tokenizer."
        ),
    ] = None,
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
    nodes: Annotated[
        int | None, typer.Option(min=1, help="Short for --set training.nodes=N.")
    ] = None,
    tensorboard: Annotated[
        bool,
        typer.Option(
            "--tensorboard", help="Short for --set training.tensorboard=true (extra `logging`)."
        ),
    ] = False,
) -> None:
    """Train a model; prints its folder. Ctrl-C stops it so that --resume can go on."""
    if resume and overwrite:
        raise typer.BadParameter("--resume keeps the run and --overwrite throws it away")
    processes = {"devices": devices, "nodes": nodes}
    changes = [*(overrides or [])]
    changes += [f"training.{name}={n}" for name, n in processes.items() if n is not None]
    changes += ["training.tensorboard=true"] if tensorboard else []
    changes += [] if start is None else _beginning_with(start)
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
                stage_one_from=stage_one_from,
                resume=resume,
                overwrite=overwrite,
                report=report,
            )
    except KeyboardInterrupt:
        words = _again(config, changes, stage, runs_dir, stage_one_from)
        say(f"interrupted; to go on: {shlex.join(words)}")
        raise
    if is_first_process():
        write_lines([str(folder)])


def _beginning_with(model: Path) -> list[str]:
    """The settings that `--from` stands for; a name stays one, as what is exported says it."""
    folder = model_folder(model)
    named = folder if model.exists() else model
    return [f"tokenizer.path={folder / 'tokenizer.model'}", f"training.stage_one.start={named}"]


def _again(
    config: list[Path], changes: list[str], stage: str, runs_dir: Path, source: Path | None
) -> list[str]:
    """The command that continues this run."""
    words = ["swae-text", "train", *map(str, config), "--resume"]
    for change in changes:
        words += ["--set", change]
    words += ["--stage", stage] if stage != "all" else []
    words += ["--stage-one-from", str(source)] if source is not None else []
    words += ["--runs-dir", str(runs_dir)] if runs_dir != Path("runs") else []
    return words
