"""What the explorer's API may be asked. The limits stand here, and nowhere else.

The same declarations refuse what is wrong and write the documentation: a field without a bound is
a field that a client can grow.
"""

from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from swae_text.config.base import Strict
from swae_text.latent.interpolation import PathKind

BODY_BYTES = 64 * 1024
"""A larger body is refused before it is read."""
CHARACTERS = 500
"""Of a sentence; how many pieces the model reads is told by ``/api/model``."""
SENTENCES = 64
"""Encoded, decoded or drawn by one request."""
STEPS = 41
"""Points from one sentence to the next."""

Text: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=CHARACTERS)
]
Number: TypeAlias = Annotated[float, Field(ge=-1e6, le=1e6)]
Name: TypeAlias = Annotated[str, StringConstraints(max_length=100)]


class Request(Strict):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class EncodeRequest(Request):
    """Sentences to be encoded."""

    texts: Annotated[list[Text], Field(min_length=1, max_length=SENTENCES)]
    """The sentences."""

    model_config = ConfigDict(json_schema_extra={"example": {"texts": ["It rains again ."]}})


class DecodeRequest(Request):
    """Vectors to be decoded."""

    vectors: Annotated[
        list[Annotated[list[Number], Field(max_length=4096)]],
        Field(min_length=1, max_length=SENTENCES),
    ]
    """One row a sentence, as many numbers as `dim` of `/api/model` says."""


class InterpolateRequest(Request):
    """A path between sentences."""

    texts: Annotated[list[Text], Field(min_length=2, max_length=4)]
    """The sentences that the path passes, in order."""
    steps: Annotated[int, Field(ge=2, le=STEPS)] = 11
    """Points from one sentence to the next, both counted."""
    path: PathKind = "linear"
    """Straight line, or along the sphere: evenly (`slerp`) or not (`nlerp`)."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"texts": ["I loved it .", "I left early ."], "steps": 5}}
    )


class GridRequest(Request):
    """A grid between four sentences."""

    texts: Annotated[list[Text], Field(min_length=4, max_length=4)]
    """The corners: above left, above right, below left, below right."""
    size: Annotated[int, Field(ge=2, le=9)] = 5
    """Rows and columns."""
    path: PathKind = "linear"
    """How both directions are walked."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"texts": ["I loved it .", "I left .", "We slept .", "It ends ."], "size": 3}
        }
    )


class SampleRequest(Request):
    """Sentences from the prior."""

    n: Annotated[int, Field(ge=1, le=SENTENCES)] = 12
    """How many."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """The same seed draws the same sentences."""
    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
    """Of the decoder: 0 is the likeliest word at each step, 1 as it says. None: the model's; one
    that searches for its samples takes no other."""
    label: Name | None = None
    """Only this label's part of the prior (models with a mixture prior)."""

    model_config = ConfigDict(json_schema_extra={"example": {"n": 3, "seed": 1}})


class EditRequest(Request):
    """A sentence, and where to move it."""

    text: Text
    """The sentence."""
    attributes: dict[Name, Number] = Field(default={}, max_length=32)
    """Strength for each attribute, by its name in `/api/model`; attributes move first."""
    axes: dict[Annotated[int, Field(ge=1)], Number] = Field(default={}, max_length=64)
    """Position on each principal axis (from 1), in standard deviations from the mean."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "I loved it ."}})


class RewriteRequest(Request):
    """A sentence, and what it is to say."""

    text: Text
    """The sentence."""
    goals: dict[Name, Name] = Field(min_length=1, max_length=4)
    """For each attribute, by its name in `/api/model`, one of its two labels."""
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = 0.9
    """Probability of each label that is enough."""


def complaint(error: ValidationError) -> str:
    """One line: which field, what is wrong with it, and how many more are."""
    first, *more = error.errors(include_url=False)
    where = ".".join(str(part) for part in first["loc"]) or "request"
    message = "unknown field" if first["type"] == "extra_forbidden" else first["msg"]
    return f"{where}: {message}" + (f"; and {len(more)} more" if more else "")
