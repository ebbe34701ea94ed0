"""Sentences made of two, so that a code learns to hold what no corpus has.

    x' = (x₁ … x_k, y_{k+1} … y_m),   k uniform,   and some tokens exchanged for those of a third

An autoencoder that has learned some ten thousand sentences by heart copies new ones badly. Crossed
sentences are new every time, of the corpus's own words at the places where they stand. Unlike
corruption (``corruption.py``) they are what is to be written as well as what is read; and as they
are not English, only codes with little noise should ask the decoder for them. That parts put
together anew teach composition: Guo, Kim and Rush (2020, "Sequence-level mixed sample data
augmentation").
"""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from swae_text.config import CrossoverConfig
from swae_text.corpora.corruption import chosen, words
from swae_text.corpora.tokenizer import PAD


def cross(
    tokens: Int[Tensor, "batch time"], config: CrossoverConfig, generator: torch.Generator
) -> tuple[Int[Tensor, "batch time"], Bool[Tensor, "batch 1"]]:
    """Put a share of the sentences together from the beginning of one and the end of another.

    Args:
        tokens: sentences with their ``EOS``, padded on the right.
        config: the share, and the probability of an exchange a token.
        generator: source of chance, on the device of ``tokens``.

    Returns:
        The sentences, no longer than the longest, and which of them are crossed.
    """

    def chance_B1() -> Tensor:
        return torch.rand(len(tokens), 1, generator=generator, device=tokens.device)

    def others() -> Tensor:
        return tokens[torch.randperm(len(tokens), generator=generator, device=tokens.device)]

    crossed = chance_B1() < config.share
    end, third = others(), others()
    shorter = torch.minimum((tokens != PAD).sum(1), (end != PAD).sum(1))[:, None]
    cut = (chance_B1() * shorter).floor()  # within both: `end` has its end
    made = torch.where(torch.arange(tokens.shape[1], device=tokens.device) < cut, tokens, end)
    exchanged = chosen(made, config.exchange, generator) & words(third)
    made = torch.where(exchanged, third, made)
    return torch.where(crossed, made, tokens), crossed
