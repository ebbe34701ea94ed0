"""``swae-text export``: a model folder to hand on, small and with a card."""

from pathlib import Path
from typing import Annotated

import typer

from swae_text.cli.arguments import Model, Overrides, model_folder, open_space
from swae_text.cli.streams import write_lines
from swae_text.errors import ConfigError


def export(
    model: Model,
    folder: Annotated[Path, typer.Argument(help="Folder to write; made if it is not there.")],
    half: Annotated[
        bool, typer.Option("--half", help="Matrices in half precision: half the size.")
    ] = False,
    card: Annotated[
        Path | None, typer.Option(help="Markdown file to be its README.md. Default: a short one.")
    ] = None,
    changes: Overrides = None,
) -> None:
    """Write a trained model, which a run folder has among much else, to a folder of its own.

    Put attribute vectors into `attributes/` there: `attribute apply` finds them by name. How it
    draws samples by itself is set by `--set sampling.noise=0.8` and the like.
    """
    from swae_text.config import override_setting, parse_config

    if folder.resolve() == model_folder(model).resolve():
        raise ConfigError(f"{folder} is the model itself: give another folder")
    text = None if card is None else _text(card)
    space = open_space(model)
    if changes:
        tree = space.config.model_dump(mode="json")
        for change in changes:
            if not change.startswith(("sampling.", "stage_two.evaluations=")):
                raise ConfigError(
                    f"--set {change}: of a trained model only sampling.… and the flow's "
                    "stage_two.evaluations can be set"
                )
            override_setting(tree, change)
        space.config = parse_config(tree, where="--set")
    space.save_pretrained(folder, half=half, card=text)
    write_lines([str(folder)])


def _text(card: Path) -> str:
    """What a file says.

    Raises:
        ConfigError: it is no text.
    """
    try:
        return card.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{card}: not UTF-8 ({error.reason}): give a Markdown file") from error
