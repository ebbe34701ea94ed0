"""How ``attribute apply`` moves sentences, along a line or uphill on a probe, and what it tells."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swae_text.cli.formatting import short
from swae_text.cli.strays import Strays
from swae_text.errors import ConfigError
from swae_text.names import SpaceName

if TYPE_CHECKING:
    from torch import Tensor

    from swae_text.generation.decoding import Decoding
    from swae_text.latent.attributes import AttributeVector
    from swae_text.latent.edits import Goal
    from swae_text.latent.values import ValueVector
    from swae_text.space import SentenceSpace

    Attribute = AttributeVector | ValueVector

Moves = list[tuple[str, dict[str, Any]]]
"""What became of one sentence, once for each strength: the text, and what there is to tell."""


@dataclass(frozen=True)
class How:
    """What all moves of a run share."""

    space: "SentenceSpace"
    name: SpaceName
    decoding: "Decoding"
    confidence: float
    leash: float
    merged: bool
    strays: Strays


def uphill(how: How, goals: "list[Goal]", texts: list[str]) -> list[Moves]:
    """Gradient steps until every goal is met."""
    edits = how.space.edit(
        texts,
        goals,
        space=how.name,
        decoding=how.decoding,
        confidence=how.confidence,
        leash=how.leash,
        merged=how.merged,
    )
    there = how.space.encode([made.text for made in edits], space=how.name)
    moves: list[Moves] = []
    for made, share in zip(edits, how.strays.watch(how.space, there, how.name), strict=True):
        told = _told(before=made.before, after=made.after, distance=made.distance, typicality=share)
        moves.append([(made.text, told | {"reached": made.reached})])
    return moves


def along(
    how: How,
    vector: "Attribute",
    shift: "Tensor",
    strengths: list[float],
    to: str | None,
    texts: list[str],
) -> list[Moves]:
    """Along the line, by each strength or as far as it takes; ``shift`` is that of the others."""
    import torch

    from swae_text.latent.attributes import apply

    z = how.space.encode(texts, space=how.name)
    start = z + shift.to(z)
    asked = [torch.full((len(z),), value) for value in strengths]
    if to is not None:
        asked = [_strength_to(vector, start, to, how)]
    before = vector.read(z).tolist()
    moves: list[Moves] = [[] for _ in texts]
    for each in asked:
        there = apply(start, vector, each)
        said = how.space.decode(there, space=how.name, decoding=how.decoding)
        columns = {
            "strength": each.tolist(),
            "before": before,
            "aimed": vector.read(there).tolist(),
            "after": _read(how, vector, said),
            "distance": (there - z).norm(dim=1).tolist(),
            "typicality": how.strays.watch(how.space, there, how.name),
        }
        for row, text, *numbers in zip(moves, said, *columns.values(), strict=True):
            row.append((text, _told(**dict(zip(columns, numbers, strict=True)))))
    return moves


def _read(how: How, vector: "Attribute", said: list[str]) -> list[float | None]:
    """What is read from the sentences that were written; None where one is too long to encode."""

    def read(texts: list[str]) -> list[float]:
        values: list[float] = vector.read(how.space.encode(texts, space=how.name)).tolist()
        return values

    return how.space.for_readable(said, read)


def _told(**numbers: float | None) -> dict[str, Any]:
    """Numbers of a record, in few digits."""
    return {name: short(number) for name, number in numbers.items()}


def has_slots(vector: "Attribute") -> bool:
    """Whether there are probes to follow."""
    return bool(getattr(vector, "probes", ()))


def _strength_to(vector: "Attribute", z: "Tensor", to: str, how: How) -> "Tensor":
    """Strengths to a label, or to a number; no further than the leash.

    Raises:
        ConfigError: a label that the attribute has not, or a number where one is wanted.
    """
    from swae_text.latent.attributes import AttributeVector, leashed

    if isinstance(vector, AttributeVector):
        return vector.strength_to(z, to, confidence=how.confidence, leash=how.leash)
    value = _number(to, f"--to {to}: '{vector.name}' is a number: give one")
    return leashed(vector.strength_to(z, value), z, vector, how.leash)


def _number(text: str, otherwise: str) -> float:
    """A finite number.

    Raises:
        ConfigError: it is none; says ``otherwise``.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(otherwise)
    return value


def goal(vector: "Attribute", label: str, path: Path) -> "Goal":
    """What is wanted of an attribute with labels.

    Raises:
        ConfigError: it is one of numbers, or has not the label.
    """
    from swae_text.latent.attributes import AttributeVector

    if not isinstance(vector, AttributeVector):
        raise ConfigError(f"{path}: of a number, which no gradient follows: give --by line")
    return vector.goal(label)


def shifts(
    vector: "Attribute", others: "list[tuple[Attribute, str, Path]]", apart: bool
) -> "tuple[Attribute, Tensor]":
    """The vector and what the others add, each without what it shares if ``apart``.

    Raises:
        ConfigError: another attribute's strength is no number, or nothing of one is left.
    """
    import torch

    from swae_text.latent.attributes import orthogonal

    directions = [vector.direction, *(other.direction for other, _, _ in others)]
    first, *rest = orthogonal(directions) if apart else directions
    shift = torch.zeros_like(first)
    for direction, (_, strength, path) in zip(rest, others, strict=True):
        way = _number(strength, f"--also {path}={strength}: on the line, give a strength")
        shift = shift + way * direction
    return replace(vector, direction=first), shift
