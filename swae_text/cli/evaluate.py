"""``swae-text evaluate``: the referee, on one model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swae_text.cli.arguments import (
    LAST_SEED,
    BestBy,
    BestOf,
    Deviation,
    Device,
    Guidance,
    Limit,
    MinP,
    Model,
    Noise,
    NoiseLevel,
    OnBadRow,
    Referee,
    Rounds,
    Samples,
    Search,
    Table,
    Temperature,
    TextColumn,
    language_models,
    open_space,
    sampling,
)
from swae_text.cli.formatting import as_block, table, table_form
from swae_text.cli.streams import say, write_lines
from swae_text.errors import CorpusError

if TYPE_CHECKING:
    import swae_text.evaluation.judges
    import swae_text.space
    from swae_text.evaluation.settings import Part


def evaluate(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option(help="File, folder or catalog name. Default: what the model was trained on."),
    ] = None,
    split: Annotated[
        Literal["train", "valid", "test"],
        typer.Option(help="Which split, where the data have any; a single file is taken whole."),
    ] = "test",
    limit: Limit = 10_000,
    only: Annotated[
        str | None,
        typer.Option(help="Some of reconstruction,samples,holes,latent,transfer. Default: all."),
    ] = None,
    beams: Annotated[
        int, typer.Option(min=1, max=64, help="Reconstruct by so many as well, and edit by them.")
    ] = 1,
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
    lm: Referee = "both",
    references: Annotated[
        Path | None,
        typer.Option(help="JSON lines with `references`: judges transfer by attribute vector."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Seed of samples and subsets.")
    ] = 0,
    text: TextColumn = None,
    device: Device = "cpu",
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    form: Table = None,
    on_bad_row: OnBadRow = "refuse",
) -> None:
    """Judge a model: reconstruction, samples, latent space, transfer (docs/protocol.md).

    Referees (language models, classifiers) learn from the training split of the model's corpus and
    are kept in the cache. Each table has the rows that a number cannot do without: the input
    copied, real text, human rewrites.
    """
    from swae_text.cli.reading import account, read_sentences
    from swae_text.evaluation.held_out import HeldOut
    from swae_text.evaluation.protocol import evaluate as judge
    from swae_text.evaluation.references import read_task
    from swae_text.evaluation.settings import EvaluationConfig

    space = open_space(model, device=device)
    drawn = sampling(space.config.sampling, locals())
    config = EvaluationConfig(
        **drawn.model_dump(),
        parts=_parts(only, transfer=references is not None),
        sentences=limit,
        beams=beams,
        samples=samples,
        lms=language_models(lm),
        seed=seed,
    )
    found = read_sentences(space, data, split=split, limit=limit, text=text, on_bad_row=on_bad_row)
    say(account(found))
    task = read_task(references, space.config.corpus) if references else None
    held_out = HeldOut(found.source, found.split, found.texts, found.labels)
    result = judge(space, held_out, config, _judges(space, config.parts), task).to_dict()
    result["evidence"]["left_out"] = found.left_out
    for warning in result["warnings"]:
        say(f"note: {warning}")
    write_lines([as_block(result)] if json or table_form(form) == "json" else _tables(result))


def _parts(only: str | None, *, transfer: bool) -> "tuple[Part, ...]":
    """The parts that are asked for; transfer where there are references to judge it by."""
    from swae_text.evaluation.settings import PARTS

    if only is None:
        return tuple(part for part in PARTS if transfer or part != "transfer")
    asked = tuple(name.strip() for name in only.split(","))
    if unknown := set(asked) - set(PARTS):
        raise typer.BadParameter(f"--only {sorted(unknown)[0]}: one of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in asked)


def _judges(
    space: "swae_text.space.SentenceSpace", parts: tuple[str, ...]
) -> "swae_text.evaluation.judges.Judges | None":
    """Referees of the model's corpus, unless nothing asks for them."""
    from swae_text.corpora.store import prepare
    from swae_text.evaluation.judges import Judges

    if set(parts) == {"reconstruction"}:
        return None
    config = space.config
    try:
        corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, say)
    except CorpusError as error:
        raise CorpusError(
            f"referees learn from the model's own corpus, and {error}; "
            "without it there is --only reconstruction"
        ) from error
    return Judges(corpus, say)


def _tables(result: dict[str, Any]) -> list[str]:
    """Every section for people, and the line that makes it repeatable."""
    from swae_text.evaluation.tables import evaluation_tables

    lines = []
    for part in evaluation_tables(result):
        lines += [part.title, "", *table(part.rows, part.header), *filter(None, [part.note]), ""]
    if result["examples"]:
        lines += ["The first ten samples", "", *result["examples"][:10], ""]
    evidence = result["evidence"]
    facts = {key: evidence[key] for key in ("corpus", "split", "n", "seed", "version")}
    facts |= {"samples": evidence["evaluation"]["samples"], "seconds": result["seconds"]}
    return [*lines, " ".join(f"{key}={value}" for key, value in facts.items())]
