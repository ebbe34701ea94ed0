"""``swae-text curve``: several trained models by the pair, as a table and a picture."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from swae_text.cli.arguments import (
    BestBy,
    BestOf,
    Deviation,
    Guidance,
    Limit,
    MinP,
    Noise,
    NoiseLevel,
    Referee,
    Rounds,
    Samples,
    Search,
    Temperature,
    language_models,
    model_folder,
    sampling,
)
from swae_text.cli.benchmark import show
from swae_text.cli.streams import say
from swae_text.errors import ConfigError


def curve(
    runs: Annotated[
        list[Path], typer.Argument(metavar="MODEL...", help="Model folders or run folders.")
    ],
    split: Annotated[
        Literal["valid", "test"], typer.Option(help="valid to choose by; test once.")
    ] = "valid",
    samples: Samples = 10_000,
    temperature: Temperature = None,
    min_p: MinP = None,
    noise_level: NoiseLevel = None,
    guidance: Guidance = None,
    deviation: Deviation = None,
    noise: Noise = None,
    search: Search = None,
    best_of: BestOf = None,
    best_by: BestBy = None,
    rounds: Rounds = None,
    lm: Referee = "ngrams",
    limit: Limit = 10_000,
    form: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="What to print.")
    ] = "markdown",
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw BLEU against both perplexities there, svg or png (extra `plot`)."),
    ] = None,
) -> None:
    """Judge models by the pair: reconstruction, and perplexity of what they draw.

    Down and to the right is better. What was judged is kept in the cache, so that a list can grow.
    """
    options = locals()
    from swae_text.evaluation.curve import curve as judge
    from swae_text.evaluation.plots.canvas import form as picture_form
    from swae_text.evaluation.settings import EvaluationConfig

    if plot is not None:
        picture_form(plot)
    config = EvaluationConfig(
        parts=("reconstruction", "samples", "latent"),
        sentences=limit,
        teacher_forcing=False,
        samples=samples,
        lms=language_models(lm),
        neighbours=0,
    )
    results = judge(_named(runs), split, config, lambda own: sampling(own, options), say)
    show(results, split, form, plot, split=split)


def _named(runs: list[Path]) -> dict[str, Path]:
    """Model folders by the names of what the user gave.

    Raises:
        ConfigError: two have one name.
    """
    named: dict[str, Path] = {}
    for run in runs:
        path = run.resolve()
        name = path.parent.name if path.name == "model" else path.name
        if name in named:
            raise ConfigError(f"{named[name]} and {run} would both be the row '{name}'")
        named[name] = model_folder(run)
    return named
