"""``attribute apply`` on shards: a row for each row and strength, with what the verb tells."""

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from swae_text.bulk.rows import Answers, Worker
from swae_text.bulk.tasks import OnTexts
from swae_text.cli.moving import Moving
from swae_text.cli.strays import Strays

if TYPE_CHECKING:
    from swae_text.generation.decoding import Decoding

_NUMBERS = ("strength", "before", "aimed", "after", "distance", "typicality")
_FIELDS = (*((name, pa.float64()) for name in _NUMBERS), ("reached", pa.bool_()))


@dataclass(frozen=True, kw_only=True)
class Apply(OnTexts):
    """Sentences moved along an attribute."""

    verb = "attribute apply"
    decoding: "Decoding"
    moving: Moving

    def open(self) -> Worker[str]:
        """Load the model and the attributes."""
        move = self.moving.mover(self.opened(), self.space, self.decoding, Strays())

        def work(texts: list[str]) -> list[Answers]:
            return [[{"text": text, **told} for text, told in moves] for moves in move(texts)]

        return self.on_texts(work, ("text", pa.string()), *_FIELDS)

    def settings(self) -> dict[str, Any]:
        """All that shapes the output; of attributes, what is in their files."""
        own = super().settings()
        paths = (self.moving.vector, *(path for path, _ in self.moving.also))
        sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        values = [value for _, value in self.moving.also]
        told = {"vector": sums, "merge": self.moving.merged, "also": values}
        return own | {"moving": asdict(self.moving) | told}
