"""The command ``swae-text``: its verbs, and the one place where errors become exit codes.

    0 done · 1 the library refused (one line on stderr) · 2 wrong usage · 130 interrupted

Verbs import torch and the rest inside their bodies, so that ``--help`` answers at once.
"""

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from swae_text import __version__
from swae_text.cli import attribute, config, data, plot
from swae_text.cli.arithmetic import analogy, average
from swae_text.cli.benchmark import benchmark
from swae_text.cli.curve import curve
from swae_text.cli.decode import decode
from swae_text.cli.encode import encode
from swae_text.cli.evaluate import evaluate
from swae_text.cli.explore import explore
from swae_text.cli.export import export
from swae_text.cli.info import info
from swae_text.cli.interpolate import interpolate
from swae_text.cli.interrupts import interrupts
from swae_text.cli.neighbours import neighbours
from swae_text.cli.outliers import outliers
from swae_text.cli.push import push
from swae_text.cli.reconstruct import reconstruct
from swae_text.cli.sample import sample
from swae_text.cli.streams import ReaderGone, say, write_lines
from swae_text.cli.train import train
from swae_text.cli.traverse import traverse
from swae_text.errors import SwaeTextError

_SHORT_OF_MEMORY = ("can't allocate memory", "out of memory", "Storage size calculation overflowed")
"""How torch says so, which has no MemoryError."""

app = typer.Typer(
    name="swae-text",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich alone would cost a fifth of the time that --help takes
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train)
app.command()(evaluate)
app.command()(benchmark)
app.command()(curve)
app.command()(reconstruct)
app.command()(encode)
app.command()(decode)
app.command()(sample)
app.command()(interpolate)
app.command()(neighbours)
app.command()(outliers)
app.command()(analogy)
app.command()(average)
app.command()(traverse)
app.command()(explore)
app.add_typer(plot.app, name="plot")
app.add_typer(attribute.app, name="attribute")
app.add_typer(data.app, name="data")
app.add_typer(config.app, name="config")
app.command()(export)
app.command()(push)
app.command()(info)


def _show_version(asked: bool) -> bool:
    """Print the version and leave."""
    if asked:
        write_lines([f"swae-text {__version__}"])
        raise typer.Exit
    return asked


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (before the verb).")
    ] = False,
) -> None:
    """Turn a sentence into a vector, move the vector, get a good sentence back.

    Data goes to stdout and everything else to stderr; `-` or no file reads stdin.
    """


def process() -> int:
    """The command as a process of its own; its exit code.

    torch makes some 270,000 objects that stay. To look through them for garbage again and again
    while it is imported, and once more on the way out, takes a fifth of a short command's time.
    """
    gc.set_threshold(50_000)
    code = main(sys.argv[1:])
    gc.freeze()
    if code and _is_one_of_several():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # where another was lost, gloo's threads abort a process that ends in order
    return code


def _is_one_of_several() -> bool:
    distributed = sys.modules.get("torch.distributed")
    return distributed is not None and bool(distributed.is_initialized())


def main(arguments: Sequence[str]) -> int:
    """Run the command line and give its exit code."""
    with interrupts() as interrupted:
        try:
            app(arguments, prog_name="swae-text")
        except SystemExit as leave:
            return leave.code if isinstance(leave.code, int) else 0
        except ReaderGone:
            return 0
        except KeyboardInterrupt:
            return 130
        except Exception as error:
            if "--debug" in arguments:
                traceback.print_exc()
            if interrupted:
                return 130
            say(f"swae-text: {' '.join(_reason(error).split())}")
            return 1
    return 0


def _reason(error: Exception) -> str:
    """What went wrong, for a person who does not know the code."""
    if isinstance(error, SwaeTextError):
        return str(error)
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return f"{error.filename}: {what}" if error.filename else what
    if _is_memory(error):
        return "there is not enough memory for this: give less at once"
    return (
        f"a fault of swae_text, not of yours ({type(error).__name__}: {error}): please report "
        "what `swae-text --debug VERB …` prints"
    )


def _is_memory(error: Exception) -> bool:
    """Whether there was not enough of it."""
    told = isinstance(error, RuntimeError) and any(how in str(error) for how in _SHORT_OF_MEMORY)
    return told or isinstance(error, MemoryError)
