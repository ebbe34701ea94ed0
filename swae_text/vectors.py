"""An attribute vector as a file: one safetensors file, with what it was fitted from."""

from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open

from swae_text.atomic import atomic_write
from swae_text.errors import ModelFolderError
from swae_text.latent.attributes import AttributeVector

FORMAT = "swae-text attribute 1"


def save_vector(vector: AttributeVector, path: str | Path, *, space: str) -> None:
    """Write a vector fitted in ``space`` (latent or code), whole or not at all."""
    metadata = {
        "format": FORMAT,
        "space": space,
        "positive": vector.positive,
        "negative": vector.negative,
        "n_positive": str(vector.n_positive),
        "n_negative": str(vector.n_negative),
    }
    tensors = {"direction": vector.direction.float().contiguous().cpu()}
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
            direction = file.get_tensor("direction")
    except SafetensorError as error:
        raise ModelFolderError(f"{path}: not a safetensors file ({error})") from error
    vector = AttributeVector(
        direction,
        int(metadata["n_positive"]),
        int(metadata["n_negative"]),
        metadata["positive"],
        metadata["negative"],
    )
    return vector, metadata["space"]
