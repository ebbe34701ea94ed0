"""Settings of the referees: the small models that judge what a sentence model writes.

A budget counts steps, never minutes, so that the same texts and seed give the same judgement.
The defaults were measured on Yelp with two cores; see the docstrings.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from swae_text.config import BudgetConfig, OptimiserConfig, Probability, Size, Strict


class RefereeBudget(BudgetConfig):
    """Steps and looks of one training, as the loop wants them."""

    optimiser: OptimiserConfig
    """How to take the steps."""


class RefereeConfig(Strict):
    """What every referee has: a budget that fits small and large corpora, and an optimiser."""

    epochs: PositiveFloat = 1.0
    """Passes over the texts, within the next two limits."""
    least_steps: NonNegativeInt = 0
    """Optimiser steps at least, so that a small corpus is learnt."""
    most_steps: PositiveInt = 100_000
    """Optimiser steps at most, so that a large corpus costs no more than it has to."""
    looks: PositiveInt = 8
    """Looks at the held-out texts; the weights of the best look are kept."""
    held_out: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05
    """Share of the texts that choose the best look and train nothing."""
    most_held_out: PositiveInt = 2000
    """Texts held out at most."""
    batch_tokens: PositiveInt = 768
    """Tokens a batch, at most, padding counted (one longer text is a batch of its own)."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 where it is faster. The signature says what it was."""
    optimiser: OptimiserConfig = OptimiserConfig()


class LanguageModelConfig(RefereeConfig):
    """A recurrent language model over pieces.

    The same settings serve 10,000 sentences (5 passes) and hundreds of thousands (2400 steps).
    """

    width: Size = 256
    """Width of embeddings and states."""
    dropout: Probability = 0.4
    """Dropout on embeddings and on states before the output layer, at five passes or more.

    Less with fewer passes (see ``dropout_at``): what is read once cannot be learnt by heart.
    """
    epochs: PositiveFloat = 5.0
    least_steps: NonNegativeInt = 300
    most_steps: PositiveInt = 2400
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=8e-3, warmup=100)

    def dropout_at(self, passes: float) -> float:
        """The dropout of so many passes: ``dropout · (passes - 1) / 4``, within [0, dropout]."""
        return self.dropout * min(1.0, max(0.0, passes - 1) / 4)


class NgramsConfig(RefereeConfig):
    """A bag of words and hashed pairs of words, as fastText has it."""

    kind: Literal["ngrams"] = "ngrams"
    width: Size = 16
    """Width of the embeddings."""
    buckets: Annotated[int, Field(gt=0, le=1 << 24)] = 1 << 17
    """Embeddings that the pairs of words share by hash."""
    dropout: Probability = 0.0
    """Dropout on the mean embedding."""
    epochs: PositiveFloat = 2.0
    least_steps: NonNegativeInt = 400
    batch_tokens: PositiveInt = 4096
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """There is no matrix product in it to be faster."""
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=1e-2, warmup=20, cooldown=1.0)


class CNNConfig(RefereeConfig):
    """Convolutions over words, the strongest match of each filter."""

    kind: Literal["cnn"] = "cnn"
    width: Size = 128
    """Width of the embeddings."""
    filters: Size = 100
    """Filters of each size."""
    sizes: Annotated[tuple[Size, ...], Field(min_length=1, max_length=16)] = (3, 4, 5)
    """Words that a filter sees."""
    dropout: Probability = 0.5
    """Dropout on what the filters report."""
    least_steps: NonNegativeInt = 400
    batch_tokens: PositiveInt = 2048
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=2e-3, warmup=50, cooldown=0.5)


ClassifierConfig: TypeAlias = Annotated[NgramsConfig | CNNConfig, Field(discriminator="kind")]
