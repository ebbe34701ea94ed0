"""One run: everything there is to set."""

from typing import Annotated

from pydantic import Field, NonNegativeInt

from swae_text.config.base import Strict
from swae_text.config.corpus import CorpusConfig, TokenizerConfig
from swae_text.config.model import ModelConfig
from swae_text.config.stage_two import StackedWAEConfig
from swae_text.config.training import TrainingConfig


class RunConfig(Strict):
    """One run: both stages on one corpus."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = "run"
    """Name of the folder under ``runs/``."""
    seed: NonNegativeInt = 0
    """Seed of initialisation, batch order, corruption and noise."""
    corpus: CorpusConfig = CorpusConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()
    model: ModelConfig = ModelConfig()
    stage_two: StackedWAEConfig = StackedWAEConfig()
    training: TrainingConfig = TrainingConfig()
