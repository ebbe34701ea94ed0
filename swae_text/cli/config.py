"""``swae-text config``: the settings of a run, resolved and described."""

import json
from typing import Annotated

import typer

from swae_text.cli.arguments import Overrides
from swae_text.cli.streams import write_lines

app = typer.Typer(no_args_is_help=True, help="Show settings and their meaning.")


@app.command()
def show(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE...]", help="YAML files, laid over each other; nothing: the defaults."
        ),
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Print every setting of a run as YAML, defaults and overrides filled in."""
    from swae_text.config import dump_config, load_config

    settings = load_config(files, overrides or [])
    write_lines([dump_config(settings).rstrip("\n")])


@app.command()
def schema() -> None:
    """Print the JSON schema of the settings, with their descriptions, for editors."""
    from swae_text.config import RunConfig

    write_lines([json.dumps(RunConfig.model_json_schema(), indent=2, ensure_ascii=False)])
