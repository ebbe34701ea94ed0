"""``swae-text sample``: sentences from the prior."""

from dataclasses import replace
from typing import Annotated

import typer

from swae_text.cli.arguments import (
    Ban,
    BestBy,
    BestOf,
    Deviation,
    Device,
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
    refuse_draws,
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
    top_k: TopK = None,
    top_p: TopP = None,
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
    device: Device = "cpu",
    form: Lines = None,
) -> None:
    """Draw vectors from the prior and decode them."""
    from swae_text.generation.decoding import as_drawn

    decoding = searched(beams or 1, rerank, ban, require)
    if decoding.beams > 1:
        why = "required words are searched for" if require else "a beam search draws nothing"
        refuse_draws(locals(), why)
    decoding = replace(decoding, top_k=top_k or 0, top_p=1.0 if top_p is None else top_p)
    space = open_space(model, precision, device)
    search = decoding.beams if decoding.beams > 1 else beams  # the setting's name, for locals()
    drawn = sampling(space.config.sampling, locals(), "--beams")
    decoding = as_drawn(drawn, decoding)
    texts = space.sample(n, seed=seed, label=label, sampling=drawn, decoding=decoding)
    more = {} if label is None else {"label": label}
    plain = line_form(form) == "text"
    write_lines(as_line(text) if plain else as_json({"text": text, **more}) for text in texts)
