"""Every setting of a run, as one strict, frozen tree that needs no torch.

A run is one YAML file; ``--set a.b=value`` overrides single settings. Unknown keys, wrong types and
impossible combinations are refused with one line. The discriminated unions in here *are* the
registries: a new encoder, regulariser, divergence or prior is one new class in its union.

Shape letters used throughout the package: ``B`` batch, ``T`` time (tokens), ``K`` slots,
``C`` code, ``Z`` latent, ``W`` width, ``V`` vocabulary.
"""

from swae_text.config.base import (
    Depth,
    Dim,
    Probability,
    Size,
    Strict,
)
from swae_text.config.corpus import (
    CorpusConfig,
    TokenizerConfig,
)
from swae_text.config.model import (
    CorruptionConfig,
    CrossoverConfig,
    DecoderConfig,
    EncoderConfig,
    LSTMDecoderConfig,
    LSTMEncoderConfig,
    ModelConfig,
    TransformerDecoderConfig,
    TransformerEncoderConfig,
    VarianceConfig,
)
from swae_text.config.reading import (
    describe,
    dump_config,
    load_config,
    overlay,
    override_setting,
    parse_config,
    plain_yaml,
    read_yaml,
)
from swae_text.config.regularisers import (
    AdversarialConfig,
    DivergenceConfig,
    GeneratorConfig,
    IMQConfig,
    KLConfig,
    MMDConfig,
    NoneConfig,
    RBFConfig,
    RegulariserConfig,
    SlicedConfig,
)
from swae_text.config.run import (
    RunConfig,
)
from swae_text.config.sampling import (
    SamplingConfig,
)
from swae_text.config.stage_two import (
    FittedPriorConfig,
    FlowConfig,
    GaussianPriorConfig,
    LevelConfig,
    MixturePriorConfig,
    PriorConfig,
    StackedWAEConfig,
    StageTwoConfig,
)
from swae_text.config.training import (
    BudgetConfig,
    OptimiserConfig,
    StageOneTraining,
    StageTwoTraining,
    TrainingConfig,
)

__all__ = [
    "AdversarialConfig",
    "BudgetConfig",
    "CorpusConfig",
    "CorruptionConfig",
    "CrossoverConfig",
    "DecoderConfig",
    "Depth",
    "Dim",
    "DivergenceConfig",
    "EncoderConfig",
    "FittedPriorConfig",
    "FlowConfig",
    "GaussianPriorConfig",
    "GeneratorConfig",
    "IMQConfig",
    "KLConfig",
    "LSTMDecoderConfig",
    "LSTMEncoderConfig",
    "LevelConfig",
    "MMDConfig",
    "MixturePriorConfig",
    "ModelConfig",
    "NoneConfig",
    "OptimiserConfig",
    "PriorConfig",
    "Probability",
    "RBFConfig",
    "RegulariserConfig",
    "RunConfig",
    "SamplingConfig",
    "Size",
    "SlicedConfig",
    "StackedWAEConfig",
    "StageOneTraining",
    "StageTwoConfig",
    "StageTwoTraining",
    "Strict",
    "TokenizerConfig",
    "TrainingConfig",
    "TransformerDecoderConfig",
    "TransformerEncoderConfig",
    "VarianceConfig",
    "describe",
    "dump_config",
    "load_config",
    "overlay",
    "override_setting",
    "parse_config",
    "plain_yaml",
    "read_yaml",
]
