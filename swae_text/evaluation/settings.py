"""What an evaluation measures and on how much text."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt

from swae_text.config import SamplingConfig

Part: TypeAlias = Literal["reconstruction", "samples", "holes", "latent", "transfer"]
LM: TypeAlias = Literal["ngrams", "recurrent"]
PARTS: tuple[Part, ...] = ("reconstruction", "samples", "holes", "latent", "transfer")


class EvaluationConfig(SamplingConfig):
    """The settings of the protocol (``docs/protocol.md``); they are part of every result."""

    parts: Annotated[tuple[Part, ...], Field(min_length=1)] = PARTS
    """What to measure; transfer needs labels and a file of references."""
    sentences: PositiveInt = 10_000
    """Held-out sentences at most, from the beginning of the split."""
    teacher_forcing: bool = True
    """Whether to measure the accuracy of the next piece as well."""
    beams: Annotated[int, Field(ge=1, le=64)] = 1
    """With 2 or more the reconstructions by beam search as well, and reranked by round trip; edits
    choose among all that so many find."""
    samples: Annotated[int, Field(ge=100)] = 10_000
    """Sentences drawn from the prior; both perplexities depend on the number."""
    lms: Annotated[tuple[LM, ...], Field(min_length=1)] = ("ngrams", "recurrent")
    """Language models behind forward and reverse perplexity."""
    neighbours: NonNegativeInt = 1000
    """Samples whose nearest training sentence is searched."""
    paths: NonNegativeInt = 200
    """Pairs of held-out sentences with a path between them."""
    path_steps: Annotated[int, Field(ge=3)] = 7
    """Points of a path, with its ends."""
    likelihood_sentences: PositiveInt = 500
    """Sentences of the importance-weighted likelihood, where the model has a density."""
    likelihood_samples: PositiveInt = 50
    """Codes drawn for each of them."""
    strengths: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
    """Strengths of the attribute vector that are tried on the validation split."""
    confidences: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
    """Confidences that an edit has to reach which are tried on the validation split."""
    seed: NonNegativeInt = 0
    """Seed of samples, subsets and referees."""
