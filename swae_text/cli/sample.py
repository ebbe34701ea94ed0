"""``swae-text sample``: sentences from the prior."""

from dataclasses import replace
from typing import Annotated

import typer

from swae_text.cli.arguments import (
    Ban,
    BestBy,
    BestOf,
    Deviation,
    Guidance,
    Lines,
    MinP,
    Model,
    Noise,
    NoiseLevel,
    Precision,
    Require,
    Rerank,
    Rounds,
    Search,
    Seed,
    Temperature,
    TopK,
    TopP,
    open_space,
    sampling,
    searched,
)
from swae_text.cli.formatting import as_json, as_line, line_form
from swae_text.cli.streams import write_lines


def sample(
    model: Model,
    n: Annotated[int, typer.Option("-n", "--number", min=1, help="Sentences to draw.")] = 20,
    seed: Seed = 0,
    label: Annotated[
        str | None, typer.Option(help="Only this label's part of the prior (mixture priors).")
    ] = None,
    temperature: Temperature = None,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    min_p: MinP = None,
    noise_level: NoiseLevel = None,
    guidance: Guidance = None,
    deviation: Deviation = None,
    noise: Noise = None,
    best_of: BestOf = None,
    best_by: BestBy = None,
    rounds: Rounds = None,
    beams: Search = None,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    precision: Precision = "float32",
    form: Lines = None,
) -> None:
    """Draw vectors from the prior and decode them."""
    from swae_text.generation.decoding import as_drawn

    if require and temperature:
        raise typer.BadParameter("required words are searched for: leave out --temperature")
    decoding = replace(searched(beams or 1, rerank, ban, require), top_k=top_k, top_p=top_p)
    if decoding.beams > 1 and temperature:
        raise typer.BadParameter("a beam search draws nothing: leave out --temperature")
    space = open_space(model, precision)
    search = decoding.beams if decoding.beams > 1 else beams  # the setting's name, for locals()
    drawn = sampling(space.config.sampling, locals())
    decoding = as_drawn(drawn, decoding)
    texts = space.sample(n, seed=seed, label=label, sampling=drawn, decoding=decoding)
    more = {} if label is None else {"label": label}
    plain = line_form(form) == "text"
    write_lines(as_line(text) if plain else as_json({"text": text, **more}) for text in texts)
