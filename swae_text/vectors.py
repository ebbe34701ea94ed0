"""An attribute vector as a file: one safetensors file, with what it was fitted from."""

import json
from dataclasses import fields
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open

from swae_text.atomic import atomic_write
from swae_text.errors import ModelFolderError
from swae_text.latent.attributes import AttributeVector

FORMAT = "swae-text attribute 2"
_TENSORS = ("direction", "weight")
_EVIDENCE = [made.name for made in fields(AttributeVector) if made.name not in _TENSORS]


def save_vector(vector: AttributeVector, path: str | Path, *, space: str) -> None:
    """Write a vector fitted in ``space`` (latent or code), whole or not at all."""
    evidence = {name: getattr(vector, name) for name in _EVIDENCE}
    metadata = {"format": FORMAT, "space": space, "evidence": json.dumps(evidence)}
    tensors = {name: getattr(vector, name).float().contiguous().cpu() for name in _TENSORS}
    atomic_write(path, safetensors.torch.save(tensors, metadata))


def load_vector(path: str | Path) -> tuple[AttributeVector, str]:
    """Read a vector and the name of the space that it was fitted in.

    Raises:
        ModelFolderError: the file is missing, is no safetensors file, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelFolderError(f"{path}: no such file: make it with `swae-text attribute fit`")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ModelFolderError(f"{path}: not an attribute vector of this version")
            tensors = {name: file.get_tensor(name) for name in _TENSORS}
            evidence = json.loads(metadata["evidence"])
            vector = AttributeVector(**tensors, **{name: evidence[name] for name in _EVIDENCE})
            return vector, metadata["space"]
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelFolderError(f"{path}: not an attribute vector ({error})") from error
