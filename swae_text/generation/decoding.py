"""Greedy decoding and sampling: ``x̂_t = argmax p(· | x̂_<t, c)``, or a draw from a cut of it.

Temperature sharpens or flattens the distribution, top-k keeps the likeliest ``k`` tokens (Fan et
al., 2018), top-p the smallest set whose mass reaches ``p`` (Holtzman et al., 2020).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.corpora.tokenizer import BOS, EOS, PAD
from swae_text.errors import ConfigError
from swae_text.models.autoencoder import SentenceAutoencoder


@dataclass(frozen=True)
class Decoding:
    """How the next token is chosen.

    Attributes:
        temperature: 0 is greedy; 1 draws from the model's own distribution.
        top_k: draw among this many tokens; 0 is all of them.
        top_p: draw among the likeliest tokens that hold this much probability, in (0, 1].
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ConfigError: a negative temperature or top-k, or a top-p outside (0, 1].
        """
        if self.temperature < 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise ConfigError(
                f"temperature={self.temperature}, top_k={self.top_k}, top_p={self.top_p}: "
                "temperature and top_k are at least 0, top_p is above 0 and at most 1"
            )


@torch.inference_mode()
def generate(
    model: SentenceAutoencoder,
    code: Float[Tensor, "batch code"],
    decoding: Decoding | None = None,
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """Write one sentence for each code.

    Rows that have ended leave the batch, so that a batch costs what its sentences cost.

    Args:
        model: stage one, in evaluation mode.
        code: one row a sentence.
        decoding: how tokens are chosen; greedy when left out.
        generator: randomness of the draws; unused when greedy.

    Returns:
        Tokens of each sentence without begin and end; at most ``max_tokens - 1`` of them.
    """
    decoding = decoding or Decoding()
    sentences: list[list[int]] = [[] for _ in range(len(code))]
    rows = torch.arange(len(code), device=code.device)
    tokens = torch.full_like(rows, BOS)
    state = model.decoder.start(model.memory(code))
    for _ in range(model.config.max_tokens):
        hidden, state = model.decoder.step(model.embedding(tokens), state)
        tokens = choose(model.logits(hidden).float(), decoding, generator)
        going = tokens != EOS
        if not going.all():
            rows, tokens, state = rows[going], tokens[going], [part[going] for part in state]
        if not len(rows):
            break
        for row, token in zip(rows.tolist(), tokens.tolist(), strict=True):
            sentences[row].append(token)
    return [sentence[: model.config.max_tokens - 1] for sentence in sentences]


def choose(
    logits: Float[Tensor, "batch vocab"], decoding: Decoding, generator: torch.Generator | None
) -> Int[Tensor, " batch"]:
    """Pick the next token of every row; padding and begin-of-sentence are never picked."""
    logits = logits.clone()
    logits[:, [PAD, BOS]] = -torch.inf
    if decoding.temperature == 0:
        return logits.argmax(-1)
    logits = logits / decoding.temperature
    if decoding.top_k:
        weakest = logits.topk(min(decoding.top_k, logits.shape[1])).values[:, -1:]
        logits = logits.masked_fill(logits < weakest, -torch.inf)
    if decoding.top_p < 1:
        ordered, order = logits.sort(descending=True)
        before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)
        logits = logits.masked_fill(
            (before >= decoding.top_p).gather(1, order.argsort(-1)), -torch.inf
        )
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]
