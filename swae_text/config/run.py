"""One run: everything there is to set."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, model_validator

from swae_text.config.base import Strict
from swae_text.config.corpus import CorpusConfig, TokenizerConfig
from swae_text.config.model import ModelConfig
from swae_text.config.sampling import SamplingConfig
from swae_text.config.stage_two import StackedWAEConfig, StageTwoConfig
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
    stage_two: StageTwoConfig | None = StackedWAEConfig()
    """None: stage one alone, whose codes meet the prior themselves (VAE, WAE, AAE, …)."""
    training: TrainingConfig = TrainingConfig()
    sampling: SamplingConfig = SamplingConfig()

    @model_validator(mode="after")
    def _what_says_something(self) -> "RunConfig":
        flow = self.stage_two is not None and self.stage_two.kind == "flow"
        if flow and self.training.stage_two.finetune_steps:
            raise ValueError("a flow has no ĉ to judge: set training.stage_two.finetune_steps=0")
        if (self.sampling.noise or self.sampling.noise_level) and not self.model.normalise:
            raise ValueError(
                "sampling.noise and noise_level are measured by codes of one length: set "
                "model.normalise=true, or leave them out"
            )
        if self.sampling.guidance != 1 and not self.model.code_dropout:
            raise ValueError(
                "sampling.guidance needs a decoder that can write without a code: set "
                "model.code_dropout above 0, or leave it out"
            )
        if self.model.label_weight and self.corpus.window:
            raise ValueError(
                "model.label_weight: a stream carries no labels: set it to 0, or leave "
                "corpus.window out"
            )
        sides = (self.model.encoder.kind, self.model.decoder.kind)
        if self.training.compile and "transformer" not in sides:
            raise ValueError(
                "training.compile: LSTMs are kernels already: leave it out, or train a Transformer"
            )
        if self.corpus.source == "-" and self.training.devices * self.training.nodes > 1:
            raise ValueError(
                "corpus.source=-: standard input is there for one process: write it to a file, or "
                "set training.devices=1"
            )
        if self.sampling.best_by == "slor" and self.tokenizer.algorithm != "unigram":
            raise ValueError(
                "sampling.best_by=slor needs to know how frequent pieces are: set "
                "tokenizer.algorithm=unigram, or leave it out"
            )
        return self
