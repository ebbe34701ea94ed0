"""``swae-text push``: a model folder to the Hugging Face hub."""

from typing import Annotated

import typer

from swae_text.cli.arguments import Model, model_folder
from swae_text.cli.formatting import table
from swae_text.cli.streams import say, write_lines


def push(
    model: Model,
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Where to; made if new.")],
    private: Annotated[bool, typer.Option("--private", help="Hide a new one from others.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be uploaded, with its bytes.")
    ] = False,
) -> None:
    """Upload a model with its card and its attributes; prints the address.

    What `export --half` writes is half the size. The hub has to know you: `hf auth login`.
    """
    from swae_text import hub

    folder = model_folder(model)
    found = hub.contents(folder)
    if dry_run:
        write_lines(table(list(found.items())))
        return
    say(f"{folder}: {len(found)} files, {sum(found.values()):,} bytes")
    write_lines([hub.push(folder, name, private=private)])
