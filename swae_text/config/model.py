"""Settings of stage one."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, model_validator

from swae_text.config.base import Depth, Dim, Probability, Size, Strict
from swae_text.config.regularisers import NoneConfig, RegulariserConfig


class CorruptionConfig(Strict):
    """Damage done to the encoder's input in training, a probability a token."""

    drop: Probability = 0.0
    """Leave the token out (at least one stays)."""
    mask: Probability = 0.0
    """Replace the token by the unknown piece."""
    substitute: Probability = 0.0
    """Replace the token by a random one."""
    shuffle: NonNegativeInt = 0
    """Local shuffle: no token moves further than this many places (Lample et al., 2018)."""


class CrossoverConfig(Strict):
    """Sentences made of two, to be read and to be written (``corpora/crossover.py``)."""

    share: Probability = 0.0
    """Of the sentences in training."""
    exchange: Probability = 0.1
    """Probability that a token of such a sentence is one of a third."""
    noise: Annotated[float, Field(ge=0.0, le=1.0)] = 0.3
    """Multiplies the code noise of such a sentence; its code is never dropped."""


class TransformerEncoderConfig(Strict):
    """Bidirectional Transformer; learned queries read its states into the slots of the code."""

    kind: Literal["transformer"] = "transformer"
    width: Size = 256
    """Width of the residual stream."""
    layers: Depth = 2
    """Blocks of attention and feed-forward."""
    heads: Size = 4
    """Attention heads; they divide the width."""
    feedforward: Size = 4
    """Width of the feed-forward layer, in widths."""
    dropout: Probability = 0.0
    """Dropout on the residual branches."""

    @model_validator(mode="after")
    def _heads_divide(self) -> "TransformerEncoderConfig":
        if self.width % self.heads:
            raise ValueError(f"heads={self.heads} does not divide width={self.width}")
        return self


class LSTMEncoderConfig(Strict):
    """Bidirectional LSTM; learned queries read its states into the slots of the code."""

    kind: Literal["lstm"] = "lstm"
    width: Annotated[Size, Field(multiple_of=2)] = 512
    """Width of embeddings and states (both directions together)."""
    layers: Depth = 1
    """LSTM layers."""
    heads: Size = 4
    """Heads of the attention that fills the slots; they divide the width."""
    dropout: Probability = 0.0
    """Dropout on embeddings and between layers."""

    @model_validator(mode="after")
    def _heads_divide(self) -> "LSTMEncoderConfig":
        if self.width % self.heads:
            raise ValueError(f"heads={self.heads} does not divide width={self.width}")
        return self


class TransformerDecoderConfig(TransformerEncoderConfig):
    """Causal Transformer whose blocks attend to the slots of the code."""


class LSTMDecoderConfig(LSTMEncoderConfig):
    """LSTM fed with the whole code at every step; its states then attend to the slots."""


EncoderConfig = Annotated[TransformerEncoderConfig | LSTMEncoderConfig, Field(discriminator="kind")]
DecoderConfig = Annotated[TransformerDecoderConfig | LSTMDecoderConfig, Field(discriminator="kind")]


class VarianceConfig(Strict):
    """Makes the encoder stochastic, N(μ, σ²), and keeps σ from vanishing."""

    penalty: Literal["kl", "l1"] = "kl"
    """``kl``: KL(N(μ, σ²) || N(μ, 1)), WAE-S; ``l1``: Σ |log σ²|, LAAE. In nats a sentence."""
    weight: NonNegativeFloat = 0.05
    """Weight of that penalty, beside a cross-entropy summed over the sentence."""


class ModelConfig(Strict):
    """Stage one: the sentence autoencoder ``x → c → x̂``."""

    encoder: EncoderConfig = TransformerEncoderConfig()
    decoder: DecoderConfig = TransformerDecoderConfig()
    code_dim: Dim = 128
    """Numbers in a code, all slots together."""
    slots: Dim = 8
    """Slots the code is read as by the decoder; they divide ``code_dim``."""
    normalise: bool = True
    """Scale every code to length √code_dim, so that noise has a unit. Not if stochastic."""
    code_noise: NonNegativeFloat = 0.1
    """Standard deviation of the Gaussian noise put on the code in training."""
    noise_levels: Literal["fixed", "uniform"] = "fixed"
    """``uniform``: each sentence has a deviation of its own, from 0 to ``code_noise``."""
    noise_warmup: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """First share of the budget in which the code noise rises from 0."""
    code_dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of the sentences in training for which the decoder is shown 0 instead of the code, so
    that it is a language model as well, p(x) = p(x | c = 0); see ``generation/marginal.py``."""
    bag_of_words: NonNegativeFloat = 0.0
    """Weight of predicting the sentence's set of tokens from the code (Zhao et al., 2017)."""
    label_weight: NonNegativeFloat = 0.0
    """Weight of reading the sentence's label (``corpus.label``) from the code by a line, so that it
    has a direction of its own; nats a sentence over its tokens. 0: labels are not used."""
    max_tokens: Annotated[int, Field(ge=4, le=4096)] = 64
    """Longest sentence in pieces, with its end; longer ones are refused."""
    corruption: CorruptionConfig = CorruptionConfig()
    crossover: CrossoverConfig = CrossoverConfig()
    """Sentences made of two, for corpora that are learned by heart otherwise."""
    latent_noise: Probability = 0.0
    """Share of the sentences whose latent is mixed with a draw of the prior, the more the more code
    noise they have (``models/latent_noise.py``). For a training that begins with a model of both
    stages: its encoder and stage two stay, and its decoder learns how far to believe a code."""
    regulariser: RegulariserConfig = NoneConfig()
    variance: VarianceConfig | None = None
    """None: the encoder is deterministic (but with ``kl``, which has its own variance)."""

    @property
    def stochastic(self) -> bool:
        """Whether the encoder gives a distribution of codes."""
        return self.variance is not None or self.regulariser.kind == "kl"

    @model_validator(mode="after")
    def _possible(self) -> "ModelConfig":
        if self.code_dim % self.slots:
            raise ValueError(f"slots={self.slots} does not divide code_dim={self.code_dim}")
        if self.normalise and self.stochastic:
            what = "regulariser 'kl'" if self.regulariser.kind == "kl" else "model.variance"
            raise ValueError(f"{what} needs free codes: set model.normalise=false")
        told = self.normalise and self.code_noise and self.noise_levels == "uniform"
        if self.latent_noise and not told:
            raise ValueError(
                "latent_noise is told by the length of codes, and as strong as their noise: set "
                "normalise=true, noise_levels=uniform and code_noise"
            )
        if self.variance is not None and self.regulariser.kind == "kl":
            raise ValueError("regulariser 'kl' has a variance of its own: leave model.variance out")
        return self
