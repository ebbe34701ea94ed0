"""Arguments and options that several verbs share, and how a MODEL is opened."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swae_text.cli.formatting import LineForm, TableForm, WalkForm
from swae_text.errors import ConfigError, ModelFolderError
from swae_text.names import JudgeName, PrecisionName, SpaceName
from swae_text.pretrained import find_model

if TYPE_CHECKING:
    import swae_text.config
    import swae_text.generation.decoding
    import swae_text.space
    from swae_text.evaluation.settings import LM

BadRowChoice = Literal["refuse", "skip"]
PathName = Literal["linear", "slerp", "nlerp"]

Model = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="Model or run folder, yelp-small, or owner/name (hub)."),
]
File = Annotated[
    str | None,
    typer.Argument(metavar="[FILE]", help="Sentences or JSON lines; `-` or nothing: stdin."),
]
Space = Annotated[
    SpaceName | None,
    typer.Option(help="Vectors of stage two or of stage one. Default: the highest there is."),
]
Lines = Annotated[
    LineForm | None,
    typer.Option("--format", help="Default: text on a terminal, jsonl in a pipe."),
]
Walk = Annotated[
    WalkForm | None,
    typer.Option("--format", help="Default: table on a terminal, jsonl in a pipe."),
]
Table = Annotated[
    TableForm | None,
    typer.Option("--format", help="Default: table on a terminal, json in a pipe."),
]
OnBadRow = Annotated[
    BadRowChoice,
    typer.Option(
        "--on-bad-row",
        help="A line that cannot be used: end with its place, or give a record with an `error`.",
    ),
]
BatchSize = Annotated[int, typer.Option(min=1, help="Sentences that are worked on at once.")]
DecodeBatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        min=1,
        help="Sentences that are worked on at once. Default: 64, in shards 256.",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=VALUE", help="Change one setting; may be repeated."),
]
TextColumn = Annotated[
    str | None,
    typer.Option("--text", help="Column of the text. Default: the model's, or found by name."),
]
LAST_SEED = 2**63 - 1
"""Generators take no larger one."""
Seed = Annotated[int, typer.Option(min=0, max=LAST_SEED, help="Seed of the random choices.")]
Temperature = Annotated[
    float | None,
    typer.Option(min=0.0, help="0: the likeliest word at each step; 1: as the decoder says."),
]
Deviation = Annotated[
    float | None,
    typer.Option(min=0.01, help="Of the prior, as a multiple: below 1 plainer, above 1 varied."),
]
NoiseLevel = Annotated[
    float | None,
    typer.Option(min=0.0, help="Code noise that the decoder is told samples have; 0: none."),
]
Guidance = Annotated[
    float | None,
    typer.Option(min=0.0, help="Trust in the code of samples; below 1: plainer English."),
]
Trust = Annotated[
    float,
    typer.Option("--guidance", min=0.0, help="Trust in the code; below 1: plainer English."),
]
Noise = Annotated[
    float | None,
    typer.Option(min=0.0, help="Deviation of noise put on codes of samples; 0: none."),
]
Search = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="Prefixes that a beam search keeps for a sample; 1: drawn."),
]
BestOf = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="Sentences drawn for a code, of which the best is taken."),
]
BestBy = Annotated[
    JudgeName | None,
    typer.Option(help="What the best is: the likeliest a word, or SLOR, which lets it be rare."),
]
Rounds = Annotated[
    int | None,
    typer.Option(min=0, max=64, help="Encode samples, put --noise on the codes, decode; so often."),
]
TopK = Annotated[
    int | None,
    typer.Option("--top-k", min=0, help="Draw from the k likeliest. Default, and 0: all."),
]
TopP = Annotated[
    float | None,
    typer.Option(
        "--top-p", min=0.0, max=1.0, help="Draw from the likeliest p of the mass. Default: all."
    ),
]
MinP = Annotated[
    float | None,
    typer.Option("--min-p", min=0.0, max=1.0, help="Draw what is p times as likely as the best."),
]
Precision = Annotated[
    PrecisionName,
    typer.Option(
        help="Of the weights: int8 is the fastest on a CPU, with other words now and then."
    ),
]
Device = Annotated[str, typer.Option(help="Where to work: cpu, cuda, cuda:1, mps and so on.")]
Beams = Annotated[
    int, typer.Option(min=1, help="Prefixes that a beam search keeps; 1: greedy, no search.")
]
Rerank = Annotated[
    bool,
    typer.Option("--rerank", help="Encode what the beams found; keep the nearest to the vector."),
]
Ban = Annotated[
    list[str] | None,
    typer.Option("--ban", metavar="WORD", help="Never write this word, or phrase; repeatable."),
]
Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require", metavar="WORD", help="Write this word, or phrase; repeatable; five beams."
    ),
]
Limit = Annotated[int, typer.Option(min=1, help="Sentences at most, from the beginning.")]
Samples = Annotated[
    int, typer.Option(min=100, help="Sentences to draw; perplexities depend on it.")
]
Referee = Annotated[
    Literal["ngrams", "recurrent", "both"],
    typer.Option("--lm", help="Language model behind the perplexities."),
]


def language_models(lm: Literal["ngrams", "recurrent", "both"]) -> tuple["LM", ...]:
    """The language models that ``--lm`` names."""
    return ("ngrams", "recurrent") if lm == "both" else (lm,)


def sampling(
    own: "swae_text.config.SamplingConfig", options: Mapping[str, Any], search: str = "--search"
) -> "swae_text.config.SamplingConfig":
    """How a model draws sentences, but for what a verb's options of the same names say.

    ``options`` are all of the verb's, as its ``locals()`` has them; None was not given. ``search``
    is what the verb calls that setting.
    """
    from pydantic import ValidationError

    from swae_text.config import describe

    given = {name: options[name] for name in type(own).model_fields}
    try:
        drawn = own.but(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise ConfigError(f"--{describe(error)}") from error
    if drawn.search > 1:
        refuse_draws(options, "a beam search draws nothing", f", or give {search} 1")
    return drawn


def refuse_draws(options: Mapping[str, Any], why: str, otherwise: str = "") -> None:
    """Refuse options that only a draw heeds, for where a search writes."""
    for name in ("temperature", "min_p", "top_k", "top_p"):
        if options.get(name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(f"{why}: leave out {option}{otherwise}")


def searched(
    beams: int, rerank: bool, ban: list[str] | None = None, require: list[str] | None = None
) -> "swae_text.generation.decoding.Decoding":
    """How the shared options write vectors out; five beams where only what needs them is given."""
    from swae_text.generation.decoding import Decoding

    banned, required = tuple(ban or ()), tuple(require or ())
    if both := set(banned) & set(required):
        raise typer.BadParameter(f"{sorted(both)[0]!r} cannot be banned and required")
    wanted = 5 if beams == 1 and (rerank or required) else beams
    return Decoding(beams=wanted, rerank=rerank, banned=banned, required=required)


def model_folder(path: Path) -> Path:
    """The folder that a user means: itself, ``model/`` of a run folder, or a shipped model's."""
    path = find_model(path)
    inner = path / "model"
    if inner.is_dir():
        return inner
    if (path / "checkpoints").is_dir():
        raise ModelFolderError(
            f"{path}: this run has no finished model yet: continue it with `swae-text train "
            "CONFIG --resume`"
        )
    return path


def open_space(
    path: Path, precision: PrecisionName = "float32", device: str = "cpu"
) -> "swae_text.space.SentenceSpace":
    """Load the model that a user named."""
    from swae_text.space import SentenceSpace

    return SentenceSpace.from_pretrained(model_folder(path), device, precision=precision)
