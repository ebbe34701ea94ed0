"""The model folder: what ``save_pretrained`` writes and ``from_pretrained`` reads.

config.yaml         format, version, labels, and every setting of the run
model.safetensors   weights of both stages; nothing in the folder is ever executed
tokenizer.model     SentencePiece
README.md           the model card
checksums.json      sha256 of each of them, checked before anything is believed (``sealed.py``)
"""

from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import ValidationError
from torch import nn

from swae_text import __version__
from swae_text.config import RunConfig, Strict, describe, plain_yaml
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import ConfigError, ModelFolderError, TokenizerError
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.code_model import CodeModel
from swae_text.models.stage_two import build_stage_two
from swae_text.sealed import check_sealed, write_sealed
from swae_text.weights import fill, outline, to_bytes

FORMAT = 2
CONFIG, WEIGHTS, TOKENIZER, CARD = (
    "config.yaml",
    "model.safetensors",
    "tokenizer.model",
    "README.md",
)
LARGEST = {CONFIG: 1 << 18, TOKENIZER: 1 << 24, WEIGHTS: 1 << 32}
"""Bytes of each file that is read, at most."""


class ModelParts(NamedTuple):
    """What a model folder holds, and what a ``SentenceSpace`` is made of.

    Attributes:
        config: the run that made it; its corpus settings say how input text is normalised.
        tokenizer: trained on the training split.
        autoencoder: stage one.
        stage_two: the map between codes and latents, or None.
        labels: names of the corpus's labels, in the order of the mixture's components.
    """

    config: RunConfig
    tokenizer: Tokenizer
    autoencoder: SentenceAutoencoder
    stage_two: CodeModel | None
    labels: tuple[str, ...]


class _Head(Strict):
    """What ``config.yaml`` holds."""

    format: int
    swae_text: str
    labels: tuple[str, ...]
    stage_two: bool
    run: RunConfig


def write_folder(
    parts: ModelParts, path: Path, *, half: bool = False, card: str | None = None
) -> None:
    """Write a model folder. Checksums come last: a folder without them is not complete.

    Args:
        parts: what it is to hold.
        path: the folder.
        half: whether matrices are kept in half precision.
        card: the model card. None: a short one.
    """
    head = _Head(
        format=FORMAT,
        swae_text=__version__,
        labels=parts.labels,
        stage_two=parts.stage_two is not None,
        run=_reading(parts.config, TOKENIZER),
    )
    tree = head.model_dump(mode="json")
    files = {
        CONFIG: yaml.safe_dump(tree, sort_keys=False, allow_unicode=True).encode(),
        WEIGHTS: to_bytes(_stages(parts), half=half),
        TOKENIZER: parts.tokenizer.to_bytes(),
        CARD: (_card(parts) if card is None else card).encode(),
    }
    write_sealed(path, files)


def read_folder(path: Path) -> ModelParts:
    """Read a model folder after checking every file against its checksum.

    Nothing of it is executed, and no more memory is taken than its files have bytes.

    Raises:
        ModelFolderError: a part is missing, damaged or no regular file of the folder, the weights
            do not fit the settings, or another version wrote it.
        ConfigError: a setting is not what it can be.
    """
    check_sealed(path, LARGEST)
    head = _head(path / CONFIG)
    try:
        tokenizer = Tokenizer.from_bytes((path / TOKENIZER).read_bytes())
    except TokenizerError as error:
        raise ModelFolderError(f"{path / TOKENIZER}: {error}") from error
    model, two = head.run.model, head.run.stage_two
    autoencoder = outline(
        lambda: SentenceAutoencoder(model, tokenizer.vocab_size, len(head.labels))
    )
    stage_two = None
    if head.stage_two and two is not None:
        stage_two = outline(lambda: build_stage_two(two, model.code_dim, len(head.labels)))
    config = _reading(head.run, str(path / TOKENIZER))
    parts = ModelParts(config, tokenizer, autoencoder, stage_two, head.labels)
    fill(_stages(parts), path / WEIGHTS)
    return parts


def _reading(config: RunConfig, tokenizer: str) -> RunConfig:
    """The settings with pieces from this file, if they came from one.

    The file they came from may be gone; that of the folder is where the folder is.
    """
    if config.tokenizer.path is None:
        return config
    own = config.tokenizer.model_copy(update={"path": tokenizer})
    return config.model_copy(update={"tokenizer": own})


def _head(path: Path) -> _Head:
    """Settings that this version can read."""
    tree = plain_yaml(path.read_bytes(), str(path))
    written = tree.get("format")
    if written != FORMAT:
        raise ModelFolderError(
            f"{path}: format {str(written)[:20]}, this version reads {FORMAT}: "
            f"use swae-text {str(tree.get('swae_text'))[:20]}, or train again"
        )
    try:
        return _Head.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error)}") from error


def _stages(parts: ModelParts) -> nn.ModuleDict:
    """Both stages under one roof."""
    stages = {"autoencoder": parts.autoencoder, "stage_two": parts.stage_two}
    return nn.ModuleDict({name: stage for name, stage in stages.items() if stage is not None})


def _card(parts: ModelParts) -> str:
    """The model card: what it is, where its text came from, and how to use it."""
    config = parts.config
    stages = "both stages" if parts.stage_two is not None else "stage one only"
    return f"""---
library_name: swae_text
tags: [sentence-autoencoder, latent-space]
---
# {config.name}

A sentence autoencoder of swae_text {__version__} ({stages}): {config.model.encoder.kind} encoder,
{config.model.decoder.kind} decoder, codes of {config.model.code_dim} numbers in
{config.model.slots} slots.

- corpus: `{config.corpus.source}`, sentences of {config.corpus.min_words} to
  {config.corpus.max_words} words; labels: {", ".join(parts.labels) or "none"}
- the text keeps its own licence; see `data/README.md` of the project for the known corpora
- seed {config.seed}; every setting is in `{CONFIG}`

```python
from swae_text import SentenceSpace

space = SentenceSpace.from_pretrained("this/folder")
z = space.encode(["a sentence .", "another one ."])
print(space.decode(z))
```
"""
