"""Kernels made for this processor (``torch.compile``), where training asks for them."""

import torch

from swae_text.errors import ConfigError
from swae_text.models.autoencoder import SentenceAutoencoder


def require_compiler() -> None:
    """Compile something small: seconds, most of which the model then need not spend.

    Raises:
        ConfigError: there is no C++ compiler, or it does not work.
    """
    try:
        torch.compile(torch.square)(torch.zeros(1))
    except RuntimeError as error:
        what = str(error).strip().partition("\n")[0]
        raise ConfigError(
            f"training.compile: {what}: install g++, or set training.compile=false"
        ) from error


def compile_parts(module: SentenceAutoencoder) -> None:
    """Have kernels made of the Transformers of stage one, each when it is first used."""
    module.encoder.compile_parts()
    module.decoder.compile_parts()
