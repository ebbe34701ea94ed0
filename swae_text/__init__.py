"""Sentence autoencoders with a stacked Wasserstein autoencoder as stage two.

    space = swae_text.SentenceSpace.from_pretrained("runs/yelp/model")
    z = space.encode(["the food was great .", "i will be back ."])
    space.decode(z.mean(0, keepdim=True))

Names are loaded when they are first used, so that ``import swae_text`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swae_text.config import RunConfig, SamplingConfig, dump_config, load_config, parse_config
    from swae_text.errors import (
        CheckpointError,
        ConfigError,
        CorpusError,
        CorpusUnavailable,
        ModelFolderError,
        SwaeTextError,
        TokenizerError,
        TrainingError,
    )
    from swae_text.generation.decoding import Decoding
    from swae_text.space import Interpolation, SentenceSpace
    from swae_text.training.run import train

__version__ = "0.1.0"

__all__ = [
    "CheckpointError",
    "ConfigError",
    "CorpusError",
    "CorpusUnavailable",
    "Decoding",
    "Interpolation",
    "ModelFolderError",
    "RunConfig",
    "SamplingConfig",
    "SentenceSpace",
    "SwaeTextError",
    "TokenizerError",
    "TrainingError",
    "__version__",
    "dump_config",
    "load_config",
    "parse_config",
    "train",
]

_HOMES = {
    "CheckpointError": "swae_text.errors",
    "ConfigError": "swae_text.errors",
    "CorpusError": "swae_text.errors",
    "CorpusUnavailable": "swae_text.errors",
    "Decoding": "swae_text.generation.decoding",
    "Interpolation": "swae_text.space",
    "ModelFolderError": "swae_text.errors",
    "RunConfig": "swae_text.config",
    "SamplingConfig": "swae_text.config",
    "SentenceSpace": "swae_text.space",
    "SwaeTextError": "swae_text.errors",
    "TokenizerError": "swae_text.errors",
    "TrainingError": "swae_text.errors",
    "dump_config": "swae_text.config",
    "load_config": "swae_text.config",
    "parse_config": "swae_text.config",
    "train": "swae_text.training.run",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'swae_text' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
