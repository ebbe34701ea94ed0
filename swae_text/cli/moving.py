"""What ``attribute apply`` was asked for, and the move that it is in an opened model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from swae_text.cli.moves import How, Moves, along, goal, has_slots, shifts, uphill
from swae_text.cli.strays import Strays
from swae_text.errors import ModelFolderError
from swae_text.names import SpaceName
from swae_text.pretrained import find_attribute

if TYPE_CHECKING:
    from swae_text.cli.moves import Attribute
    from swae_text.generation.decoding import Decoding
    from swae_text.space import SentenceSpace

Pairs = tuple[tuple[Path, str], ...]
"""Other attributes, each with a strength on the line or a label."""


@dataclass(frozen=True)
class Moving:
    """Which way sentences are moved, and how far."""

    vector: Path
    strengths: tuple[float, ...]
    to: str | None
    by: Literal["line", "gradient"] | None
    confidence: float
    leash: float
    merge: bool | None
    also: Pairs
    orthogonal: bool
    guidance: float | None

    @property
    def merged(self) -> bool:
        """Whether edits are tried on the words that were written; so they are by default."""
        return self.merge is not False

    def mover(
        self,
        space: "SentenceSpace",
        asked: SpaceName | None,
        decoding: "Decoding",
        strays: Strays,
    ) -> Callable[[list[str]], list[Moves]]:
        """What moves a batch of sentences.

        Raises:
            ModelFolderError: an attribute was fitted in another space, or in one of another size.
            ConfigError: one has not the label that it is moved to.
        """
        found, chosen = _opened(self.vector, space, asked)
        others = [(_opened(path, space, chosen)[0], value, path) for path, value in self.also]
        wanted = self.to if self._by(found) == "gradient" else None
        own = 1.0 if wanted is None else space.edited
        decoding = replace(decoding, guidance=own if self.guidance is None else self.guidance)
        how = How(space, chosen, decoding, self.confidence, self.leash, self.merged, strays)
        if wanted is not None:
            if self.orthogonal:
                raise typer.BadParameter("--orthogonal is of directions: give --by line")
            goals = [goal(found, wanted, self.vector), *(goal(*one) for one in others)]
            return partial(uphill, how, goals)
        if self.merge is not None:
            raise typer.BadParameter("--merge is of edits by gradient: give --by gradient as well")
        moved = shifts(found, others, self.orthogonal)
        return partial(along, how, *moved, list(self.strengths), self.to)

    def _by(self, vector: "Attribute") -> str:
        return self.by or ("gradient" if has_slots(vector) else "line")


def other_pairs(also: Iterable[str], model: Path) -> Pairs:
    """``VECTOR=STRENGTH`` or ``VECTOR=LABEL``, taken apart; a model's own vectors by name."""
    pairs = []
    for pair in also:
        name, equals, value = pair.rpartition("=")
        if not equals:
            raise typer.BadParameter(f"--also {pair}: give VECTOR=STRENGTH or VECTOR=LABEL")
        pairs.append((find_attribute(name, model), value))
    return tuple(pairs)


def _opened(
    path: Path, space: "SentenceSpace", asked: SpaceName | None
) -> "tuple[Attribute, SpaceName]":
    """The vector and its space, if they are of this model.

    Raises:
        ModelFolderError: it was fitted in another space, or in one of another size.
    """
    from swae_text.vectors import load_fitting

    vector, fitted = load_fitting(path, space.dim, space.tokenizer.vocab_size, space.device)
    if asked not in (None, fitted):
        raise ModelFolderError(f"{path}: fitted in space '{fitted}', not in '{asked}'")
    return vector, fitted
