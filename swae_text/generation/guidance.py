"""What comes next, by the code as far as it is trusted, and else by what reads well.

    log p_γ(x_t) = γ log p(x_t | x_<t, c) + (1 - γ) log p(x_t | x_<t, 0) + const

γ = 1 is the decoder as it is. What the parts of a code that no sentence has ask for may not go
together; with γ below 1 the decoder, as the language model that ``model.code_dropout`` has taught
it to be, has a say in every word: less word salad, and more of what is common. Above 1 is closer to
the code. Classifier-free guidance (Ho and Salimans, 2022; on language models, Sanchez et al., 2023,
"Stay on topic with classifier-free guidance"), which is used with γ above 1.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.errors import ConfigError
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.nn.base import DecoderState


@dataclass(frozen=True, slots=True)
class Writer:
    """A decoder under guidance.

    Attributes:
        model: stage one, in evaluation mode.
        guidance: γ.
    """

    model: SentenceAutoencoder
    guidance: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what the model has not learned.

        Raises:
            ConfigError: guidance for a decoder that always saw a code.
        """
        if self.guidance != 1 and not self.model.config.code_dropout:
            raise ConfigError(
                "guidance: this model was trained with every code shown (model.code_dropout=0), so "
                "it cannot write without one: leave it out"
            )

    def start(self, code: Float[Tensor, "batch code"]) -> DecoderState:
        """The state before the first token; with guidance, what follows from no code is behind."""
        model = self.model
        state = model.decoder.start(model.memory(code))
        if self.guidance != 1:
            state = state + model.decoder.start(model.memory(torch.zeros_like(code)))
        return state

    def step(
        self, tokens: Int[Tensor, " batch"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch vocab"], DecoderState]:
        """Scores of what comes next: nats up to a constant a row."""
        model, read = self.model, self.model.embedding(tokens)
        if self.guidance == 1:
            hidden, state = model.decoder.step(read, state)
            return model.logits(hidden).float(), state
        half = len(state) // 2
        told, by_code = model.decoder.step(read, state[:half])
        alone, by_nothing = model.decoder.step(read, state[half:])
        told, alone = (model.logits(hidden).float().log_softmax(-1) for hidden in (told, alone))
        return self.guidance * told + (1 - self.guidance) * alone, by_code + by_nothing
