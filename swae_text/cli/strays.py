"""Outputs that lie where the model knows next to nothing: counted, and told once at the end."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from swae_text.cli.formatting import compact
from swae_text.cli.streams import say
from swae_text.names import SpaceName

if TYPE_CHECKING:
    import torch

    import swae_text.space

RARE = 0.001
"""Share of the prior's draws that are strays, half of them to either side."""


@dataclass
class Strays:
    """How many vectors of a stream went by, and how many of them were strays."""

    seen: int = 0
    out: int = 0
    """Farther out than draws are."""
    near: int = 0
    """Nearer to the centre than draws are."""

    def watch(
        self, space: "swae_text.space.SentenceSpace", z: "torch.Tensor", name: SpaceName | None
    ) -> list[float] | list[None]:
        """Typicality of each vector, counted; None for each where the model has no prior."""
        typical = space.typicality(z, space=name)
        if typical is None:
            return [None] * len(z)
        self.seen += len(z)
        self.out += int((typical < RARE / 2).sum())
        self.near += int((typical > 1 - RARE / 2).sum())
        return compact(typical.tolist())

    def tell(self, advice: str) -> None:
        """Say on stderr how many there were, if any, and what may be done."""
        if self.out or self.near:
            say(
                f"{self.out + self.near:,} of {self.seen:,} outputs lie where fewer than 1 in "
                f"{1 / RARE:,.0f} draws of the prior do: {self.out:,} farther out, where the model "
                f"knows little, {self.near:,} nearer to the centre, where it says what is short "
                f"and common; {advice}"
            )
