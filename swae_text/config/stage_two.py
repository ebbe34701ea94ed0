"""Settings of stage two: what lies between codes and latents, and the prior of the latents."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from swae_text.config.base import Probability, Strict
from swae_text.config.regularisers import DivergenceConfig, MMDConfig


class GaussianPriorConfig(Strict):
    """Standard normal."""

    kind: Literal["gaussian"] = "gaussian"


class MixturePriorConfig(Strict):
    """Gaussian mixture, one component a label (or ``components`` of them without labels)."""

    kind: Literal["mixture"] = "mixture"
    components: PositiveInt | None = None
    """None: one for each label of the corpus."""
    separation: PositiveFloat = 3.0
    """Distance between the means of two components, in standard deviations."""


PriorConfig = Annotated[GaussianPriorConfig | MixturePriorConfig, Field(discriminator="kind")]


class LevelConfig(Strict):
    """One autoencoder of the stack: residual MLPs between the space below and its latent."""

    latent_dim: PositiveInt = 128
    """Numbers in this level's latent."""
    hidden: PositiveInt = 1024
    """Width of the hidden layers."""
    blocks: NonNegativeInt = 2
    """Residual blocks in the encoder and in the decoder; 0 is a linear map."""
    dropout: Probability = 0.0
    """Dropout inside the blocks."""


class StackedWAEConfig(Strict):
    """Stage two: ``c → z → ĉ`` with ``z`` pushed to an explicit prior."""

    levels: Annotated[tuple[LevelConfig, ...], Field(min_length=1)] = (LevelConfig(),)
    """From the code upwards; the last one's latent is what meets the prior."""
    prior: PriorConfig = GaussianPriorConfig()
    divergence: DivergenceConfig = MMDConfig()
    latent_noise: NonNegativeFloat = 0.0
    """Standard deviation of the Gaussian noise put on the latent in training."""
