"""``swae-text explore``: a page in a browser to look at a space and touch it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swae_text.cli.arguments import Model, Space, model_folder, open_space
from swae_text.cli.streams import say, write_lines
from swae_text.errors import ConfigError
from swae_text.names import SpaceName
from swae_text.pretrained import DEFAULT, find_attribute, own_attributes

if TYPE_CHECKING:
    import swae_text.space
    from swae_text.explorer.survey import Survey


def explore(
    model: Model = Path(DEFAULT),
    attribute: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A slider for what `attribute fit` wrote; repeatable. Default: the model's own.",
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            help="File, folder or catalog name for the map and the principal axes. Default: the "
            "model's own samples."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=3, max=10_000, help="Sentences of the corpus, chosen by seed.")
    ] = 2000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets others in, without a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 8000,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open a browser.")] = False,
    space: Space = None,
) -> None:
    """Serve a page to explore a model with; prints its address. Ctrl-C ends it."""
    try:
        from swae_text.explorer import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise ConfigError(
            "the explorer needs starlette and uvicorn: pip install 'swae-text[explorer]'"
        ) from error
    from swae_text.explorer.attributes import load
    from swae_text.explorer.operations import Explorer

    with server.listen(host, port) as listener:  # a port that is taken is told at once
        opened = open_space(model)
        home = model_folder(model)
        named = [find_attribute(file, home) for file in attribute or ()]
        attributes, chosen = load(opened, named or ([] if space else own_attributes(home)), space)
        survey = _survey(opened, corpus, limit, chosen)
        explorer = Explorer(opened, survey, attributes, str(home))
        address = server.address(listener)
        write_lines([address])
        say("Ctrl-C ends it")
        if browser:
            typer.launch(address)
        server.serve(explorer, listener, host)


def _survey(
    space: "swae_text.space.SentenceSpace", corpus: str | None, limit: int, name: SpaceName
) -> "Survey":
    """Some sentences of a corpus; none: the model's own."""
    from swae_text.cli.reading import account, chosen, read_sentences
    from swae_text.explorer.survey import Survey

    if corpus is None:
        return Survey(space, name)
    found = read_sentences(space, corpus, split="train")
    say(account(found))
    some = chosen(found, limit)
    return Survey(space, name, some.texts, some.labels, found.source)
