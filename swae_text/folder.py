"""The model folder: what ``save_pretrained`` writes and ``from_pretrained`` reads.

config.yaml         format, version, labels, and every setting of the run
model.safetensors   weights of both stages; nothing in the folder is ever executed
tokenizer.model     SentencePiece
README.md           the model card
checksums.json      sha256 of each of them, checked before anything is believed
"""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from swae_text import __version__
from swae_text.atomic import atomic_write
from swae_text.config import RunConfig, dump_config, parse_config
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import ModelFolderError
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.code_model import CodeModel
from swae_text.models.stage_two import build_stage_two

FORMAT = 2
CONFIG, WEIGHTS, TOKENIZER, CARD, CHECKSUMS = (
    "config.yaml",
    "model.safetensors",
    "tokenizer.model",
    "README.md",
    "checksums.json",
)
READ = (CONFIG, WEIGHTS, TOKENIZER)
"""What a model is read from."""


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


def write_folder(parts: ModelParts, path: Path) -> None:
    """Write a model folder. Checksums come last: a folder without them is not complete."""
    head = {
        "format": FORMAT,
        "swae_text": __version__,
        "labels": list(parts.labels),
        "stage_two": parts.stage_two is not None,
    }
    settings = {**head, "run": yaml.safe_load(dump_config(parts.config))}
    files = {
        CONFIG: yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).encode(),
        WEIGHTS: save(_weights(parts)),
        TOKENIZER: parts.tokenizer.to_bytes(),
        CARD: _card(parts).encode(),
    }
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    (path / CHECKSUMS).unlink(missing_ok=True)
    for name, data in files.items():
        atomic_write(path / name, data)
    atomic_write(path / CHECKSUMS, json.dumps(sums, indent=1).encode())


def read_folder(path: Path) -> ModelParts:
    """Read a model folder after checking every file against its checksum.

    Raises:
        ModelFolderError: a part is missing or damaged, or another version wrote it.
    """
    files = _verified(path)
    try:
        head = yaml.safe_load(files[CONFIG])
        tree, labels, two = head["run"], tuple(head["labels"]), bool(head["stage_two"])
        written = head["format"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ModelFolderError(f"{path / CONFIG}: not the settings of a model folder") from error
    if written != FORMAT:
        raise ModelFolderError(
            f"{path}: format {written}, this version reads {FORMAT}: "
            f"use swae-text {head.get('swae_text', '?')}, or train again"
        )
    config = parse_config(tree, where=str(path / CONFIG))
    tokenizer = Tokenizer.from_bytes(files[TOKENIZER])
    autoencoder = SentenceAutoencoder(config.model, tokenizer.vocab_size)
    stage_two = None
    if two and config.stage_two is not None:
        stage_two = build_stage_two(config.stage_two, config.model.code_dim, len(labels))
    parts = ModelParts(config, tokenizer, autoencoder, stage_two, labels)
    _fill(parts, files[WEIGHTS], path / WEIGHTS)
    return parts


def _verified(path: Path) -> dict[str, bytes]:
    """Contents of the folder's files, each as it was written."""
    if not path.is_dir():
        raise ModelFolderError(f"{path}: no such model folder: `swae-text train CONFIG` makes one")
    if not (path / CHECKSUMS).is_file():
        raise ModelFolderError(f"{path}: not a model folder (it has no {CHECKSUMS})")
    try:
        sums: dict[str, Any] = json.loads((path / CHECKSUMS).read_bytes())
        files = {name: (path / name).read_bytes() for name in READ}
    except (OSError, ValueError) as error:
        raise ModelFolderError(f"{path}: incomplete model folder ({error})") from error
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() != sums.get(name):
            raise ModelFolderError(f"{path / name}: damaged (checksum differs): copy it again")
    return files


def _weights(parts: ModelParts) -> dict[str, Tensor]:
    """Both stages under one roof; a table that both sides share is written once."""
    stages = {"autoencoder": parts.autoencoder, "stage_two": parts.stage_two}
    weights: dict[str, Tensor] = {}
    for stage, module in stages.items():
        if module is not None:
            shared = {
                f"{stage}.{name}" for name, _ in module.named_parameters(remove_duplicate=False)
            } - {f"{stage}.{name}" for name, _ in module.named_parameters()}
            weights |= {
                f"{stage}.{name}": tensor.detach().cpu().contiguous()
                for name, tensor in module.state_dict().items()
                if f"{stage}.{name}" not in shared
            }
    return weights


def _fill(parts: ModelParts, data: bytes, where: Path) -> None:
    """Put the weights in their places; refuses any that are missing, left over or misshapen."""
    try:
        weights = load(data)
    except SafetensorError as error:
        raise ModelFolderError(f"{where}: not a safetensors file ({error})") from error
    expected = _weights(parts)
    wrong = [
        n for n in weights.keys() | expected.keys() if _shape(weights, n) != _shape(expected, n)
    ]
    if wrong:
        raise ModelFolderError(f"{where}: weights do not fit the settings ({sorted(wrong)[0]})")
    for stage, module in (("autoencoder", parts.autoencoder), ("stage_two", parts.stage_two)):
        if module is not None:
            part = {
                n.removeprefix(f"{stage}."): w for n, w in weights.items() if n.startswith(stage)
            }
            module.load_state_dict(part, strict=False)


def _shape(weights: dict[str, Tensor], name: str) -> tuple[int, ...] | None:
    return tuple(weights[name].shape) if name in weights else None


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
