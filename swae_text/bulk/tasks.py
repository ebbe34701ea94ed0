"""What can be done to shards: a task is settings that travel to a process, and opened there."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pyarrow as pa

from swae_text.bulk.cells import (
    Vector,
    read_texts,
    read_vectors,
    text_column,
    vector_column,
)
from swae_text.bulk.rows import Answers, Worker
from swae_text.bulk.shards import Shard
from swae_text.errors import CorpusError
from swae_text.names import PrecisionName, SpaceName
from swae_text.sealed import fingerprint

if TYPE_CHECKING:
    from swae_text.generation.decoding import Decoding
    from swae_text.space import SentenceSpace

AT_WILL = ("model", "device", "batch_size", "skip")
"""Settings that may change on the way; of a model, its weights count and not where they lie."""


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """Work on rows of shards."""

    verb: ClassVar[str]
    model: Path
    space: SpaceName | None = None
    precision: PrecisionName = "float32"
    device: str = "cpu"
    batch_size: int = 64
    skip: bool = False
    """Whether a row that cannot be used gets an ``error``; otherwise it ends the work."""

    @abstractmethod
    def check(self, shard: Shard) -> None:
        """See to it that a shard has the columns that are needed.

        Raises:
            CorpusError: it has not.
        """

    @abstractmethod
    def open(self) -> Worker[Any]:
        """Load the model."""

    def settings(self) -> dict[str, Any]:
        """All that shapes the output, as JSON can hold it."""
        own = {name: value for name, value in asdict(self).items() if name not in AT_WILL}
        model = fingerprint(self.model, but=("README.md",))
        return {"verb": self.verb, "model": model, **own}

    def opened(self) -> "SentenceSpace":
        """The model."""
        from swae_text.space import SentenceSpace

        return SentenceSpace.from_pretrained(self.model, self.device, precision=self.precision)


@dataclass(frozen=True, kw_only=True)
class OnTexts(Task):
    """Work on a column of sentences."""

    text: str | None = None

    def check(self, shard: Shard) -> None:
        """See to it that there are sentences."""
        text_column(shard.schema, self.text, shard.path)

    def on_texts(
        self, work: Callable[[list[str]], list[Answers]], *fields: tuple[str, pa.DataType]
    ) -> Worker[str]:
        """A worker that makes columns out of sentences."""

        def read(window: pa.RecordBatch) -> Any:
            return read_texts(window.column(text_column(window.schema, self.text, self.verb)))

        columns = tuple(pa.field(*field) for field in fields)
        return Worker(read, work, len, columns, self.batch_size)


@dataclass(frozen=True, kw_only=True)
class Encode(OnTexts):
    """Sentences to vectors: ``z`` and ``space``."""

    verb = "encode"
    dtype: Literal["float32", "float16"] = "float32"

    def open(self) -> Worker[str]:
        """Load the model."""
        import torch

        space, half = self.opened(), self.dtype == "float16"
        name: SpaceName = self.space or space.default_space
        kind, most = (torch.float16, torch.finfo(torch.float16).max) if half else (None, None)

        def work(texts: list[str]) -> list[Answers]:
            z = space.encode(texts, space=name, batch_size=self.batch_size)
            if most is not None and bool((z.abs() > most).any()):
                raise CorpusError("its vector does not fit into float16: give --dtype float32")
            return [[{"z": row, "space": name}] for row in z.to(kind or z.dtype).cpu().numpy()]

        numbers = pa.float16() if half else pa.float32()
        vectors = ("z", pa.list_(numbers, space.dim(name)))
        return self.on_texts(work, vectors, ("space", pa.string()))


@dataclass(frozen=True, kw_only=True)
class Reconstruct(OnTexts):
    """Sentences through the space and back: ``text``, and the old one as ``input``."""

    verb = "reconstruct"
    decoding: "Decoding"

    def open(self) -> Worker[str]:
        """Load the model."""
        space = self.opened()

        def work(texts: list[str]) -> list[Answers]:
            size = self.batch_size
            said = space.reconstruct(
                texts, space=self.space, decoding=self.decoding, batch_size=size
            )
            return [[{"text": text}] for text in said]

        return self.on_texts(work, ("text", pa.string()))


@dataclass(frozen=True, kw_only=True)
class Decode(Task):
    """Vectors to sentences: ``text`` in the place of ``z`` and ``space``."""

    verb = "decode"
    decoding: "Decoding"

    def check(self, shard: Shard) -> None:
        """See to it that there are vectors."""
        vector_column(shard.schema, shard.path)

    def open(self) -> Worker[Vector]:
        """Load the model."""
        import torch

        space = self.opened()

        def read(window: pa.RecordBatch) -> Any:
            return read_vectors(window, self.space, space.default_space, space.dim)

        def work(vectors: list[Vector]) -> list[Answers]:
            said: dict[int, str] = {}
            for name in sorted({vector.space for vector in vectors}):
                rows = [row for row, vector in enumerate(vectors) if vector.space == name]
                z = torch.stack([torch.from_numpy(vectors[row].z) for row in rows])
                texts = space.decode(
                    z, space=name, decoding=self.decoding, batch_size=self.batch_size
                )
                said.update(zip(rows, texts, strict=True))
            return [[{"text": said[row]}] for row in range(len(vectors))]

        new, gone = (pa.field("text", pa.string()),), frozenset({"z", "space"})
        return Worker(read, work, lambda vector: vector.space, new, self.batch_size, gone)
