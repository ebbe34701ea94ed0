"""The attribute files that an explorer offers: all of one space, each by the name of its file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from swae_text.errors import ConfigError
from swae_text.latent.attributes import AttributeVector
from swae_text.latent.values import ValueVector
from swae_text.names import SpaceName
from swae_text.space import SentenceSpace
from swae_text.vectors import load_fitting

Vector: TypeAlias = AttributeVector | ValueVector


@dataclass(frozen=True, eq=False)
class Loaded:
    """One of them, opened."""

    name: str
    """Of the file, without its ending."""
    file: str
    """As the user named it."""
    vector: Vector

    @property
    def ends(self) -> tuple[str, str]:
        """Names of what lies below 0 and above it."""
        if isinstance(self.vector, AttributeVector):
            return self.vector.negative, self.vector.positive
        return f"less {self.vector.name}", f"more {self.vector.name}"


def load(
    space: SentenceSpace, files: Sequence[Path], asked: SpaceName | None = None
) -> tuple[dict[str, Loaded], SpaceName]:
    """Open attribute files by name, and say which space the explorer is to move vectors in.

    Raises:
        ModelFolderError: a file is no attribute, or one of another model.
        ConfigError: two files have one name, or they are of two spaces.
    """
    found: dict[str, Loaded] = {}
    chosen = asked
    for file in files:
        vector, own = load_fitting(file, space.dim, space.tokenizer.vocab_size, space.device)
        if own != (chosen or own):
            why = f"fitted in space '{own}', and the explorer is to move vectors in '{chosen}'"
            raise ConfigError(f"{file}: {why}: one space at a time")
        if file.stem in found:
            raise ConfigError(f"{file}: a second attribute of the name '{file.stem}': rename one")
        found[file.stem] = Loaded(file.stem, str(file), vector)
        chosen = own
    return found, chosen or space.default_space
