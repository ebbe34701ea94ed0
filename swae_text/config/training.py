"""Settings of training: how long, how fast, how often to look."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from swae_text.config.base import Strict


class OptimiserConfig(Strict):
    """AdamW with warm-up, a flat stretch, and a linear fall to zero at the end."""

    learning_rate: PositiveFloat = 1.2e-3
    """Peak learning rate."""
    beta2: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.98
    """AdamW's β₂ (its β₁ is 0.9)."""
    weight_decay: NonNegativeFloat = 0.01
    """Decoupled weight decay on matrices; vectors have none."""
    warmup: NonNegativeInt = 200
    """Steps in which the learning rate rises."""
    cooldown: Annotated[float, Field(ge=0.0, le=1.0)] = 0.3
    """Last share of the budget in which the learning rate falls to zero."""
    clip: PositiveFloat = 1.0
    """Largest gradient norm."""


class BudgetConfig(Strict):
    """How long to train and how often to look. The first limit reached ends the stage."""

    steps: NonNegativeInt = 20_000
    """Optimiser steps."""
    minutes: PositiveFloat | None = None
    """Minutes of training over all starts of the run; with it a run is not repeatable in bits."""
    evaluate_every: PositiveInt = 500
    """Steps between two looks at the validation split."""
    checkpoint_every: PositiveInt = 500
    """Steps between two checkpoints."""


class StageOneTraining(BudgetConfig):
    """How stage one is trained."""

    steps: PositiveInt = 20_000
    batch_tokens: PositiveInt = 768
    """Tokens a batch, at most, padding counted."""
    start: str | None = None
    """Model whose weights (of this shape and tokenizer) to begin with. None: random."""
    evaluate_sentences: PositiveInt = 1000
    """Validation sentences reconstructed at each look."""
    optimiser: OptimiserConfig = OptimiserConfig()


class StageTwoTraining(BudgetConfig):
    """How stage two is trained."""

    steps: NonNegativeInt = 3000
    """Optimiser steps; 0 leaves a stacked WAE at its start, the Gaussian fitted to the codes."""
    max_codes: Annotated[int, Field(ge=2)] | None = None
    """Training sentences whose codes it learns from, chosen by seed. None: all."""
    batch_size: Annotated[int, Field(ge=2)] = 512
    """Codes a batch."""
    evaluate_sentences: PositiveInt = 1000
    """Validation sentences reconstructed through both stages at each look."""
    finetune_steps: NonNegativeInt = 0
    """Steps at the end in which ĉ is also judged by the frozen decoder's cross-entropy."""
    finetune_weight: PositiveFloat = 1.0
    """Weight of that cross-entropy (nats a token) beside the squared error of the codes."""
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=1e-4)


class TrainingConfig(Strict):
    """Both stages, and what they share."""

    stage_one: StageOneTraining = StageOneTraining()
    stage_two: StageTwoTraining = StageTwoTraining()
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 where a short measurement on this processor says it is faster."""
    compile: bool = False
    """Whether kernels are made of stage one's Transformers (`torch.compile`): a minute, and needs a
    C++ compiler. LSTMs are kernels already."""
    devices: PositiveInt = 1
    """Processes (CPU) or GPUs, on each machine. Under torchrun, its own number counts."""
    nodes: PositiveInt = 1
    """Machines, which share the folder of runs. Under torchrun, its own number counts."""
    keep_checkpoints: PositiveInt = 2
    """Newest checkpoints kept of each stage."""
    tensorboard: bool = False
    """Whether the rows of metrics.jsonl are written for TensorBoard as well (extra `logging`)."""
