"""What draws codes (stage one) or latents (stage two) to a prior."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from swae_text.config.base import Depth, Dim, Size, Strict

Scales = Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]


class IMQConfig(Strict):
    """Sum of inverse multiquadratic kernels C / (C + |a - b|²), C = scale · E|p - p'|²."""

    kind: Literal["imq"] = "imq"
    scales: Scales = (
        0.1,
        0.2,
        0.5,
        1.0,
        2.0,
        5.0,
        10.0,
    )
    """Widths in units of the mean squared distance of two prior samples (Tolstikhin: 2Zσ²)."""


class RBFConfig(Strict):
    """Sum of Gaussian kernels exp(-|a - b|² / C), C = scale · E|p - p'|²."""

    kind: Literal["rbf"] = "rbf"
    scales: Scales = (0.25, 0.5, 1.0, 2.0)
    """Widths in units of the mean squared distance of two prior samples."""


class NoneConfig(Strict):
    """The codes are left free (SWAE: "the encoded prior")."""

    kind: Literal["none"] = "none"


class KLConfig(Strict):
    """KL(q(z|x) || prior) in nats, with the usual remedies against collapse."""

    kind: Literal["kl"] = "kl"
    weight: NonNegativeFloat = 1.0
    """β of the β-VAE (Higgins et al., 2017)."""
    free_bits: NonNegativeFloat = 0.0
    """Nats a dimension below which the KL is not pressed (Kingma et al., 2016)."""
    cycles: PositiveInt = 1
    """Times that β rises from 0 (Fu et al., 2019); 1 is plain annealing."""
    anneal: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    """Share of a cycle in which β rises; 0 is a constant β."""


class MMDConfig(Strict):
    """Maximum mean discrepancy (WAE-MMD; Tolstikhin et al., 2018)."""

    kind: Literal["mmd"] = "mmd"
    weight: NonNegativeFloat = 10.0
    """λ: how much a unit of divergence costs beside the reconstruction."""
    kernel: Annotated[IMQConfig | RBFConfig, Field(discriminator="kind")] = IMQConfig()
    """Kernel family and its scales."""


class SlicedConfig(Strict):
    """Squared sliced Wasserstein-2 distance (Kolouri et al., 2019)."""

    kind: Literal["sliced"] = "sliced"
    weight: NonNegativeFloat = 10.0
    """λ: how much a unit of divergence costs beside the reconstruction."""
    projections: PositiveInt = 64
    """Random directions a batch."""


class GeneratorConfig(Strict):
    """A generator of codes in the prior's place: noise → code (ARAE; Zhao et al., 2018)."""

    noise_dim: Dim = 100
    """Numbers in the noise, a standard normal."""
    hidden: Size = 512
    """Width of the generator's layers."""
    layers: Depth = 2
    """Hidden layers of the generator."""


class AdversarialConfig(Strict):
    """A critic tells prior samples from encoded ones (AAE, WAE-GAN)."""

    kind: Literal["adversarial"] = "adversarial"
    weight: NonNegativeFloat = 1.0
    """λ: weight of the encoder's non-saturating loss."""
    hidden: Size = 512
    """Width of the critic's layers."""
    layers: Depth = 2
    """Hidden layers of the critic."""
    learning_rate: PositiveFloat = 5e-4
    """Learning rate of the critic (Adam, β₁ = 0.5)."""
    generator: GeneratorConfig | None = None
    """Stage one only: codes meet those of a generator that learns to look like them."""


_Divergences = KLConfig | MMDConfig | SlicedConfig | AdversarialConfig
RegulariserConfig = Annotated[NoneConfig | _Divergences, Field(discriminator="kind")]
DivergenceConfig = Annotated[_Divergences, Field(discriminator="kind")]
