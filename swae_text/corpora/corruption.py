"""Damage to the encoder's input, so that neighbours in the code mean neighbours in language.

Word drop and local shuffle as in denoising autoencoders of text (Lample et al., 2018; Shen et al.,
2020), masking and substitution. ``EOS`` and ``PAD`` are never touched.
"""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from swae_text.config import CorruptionConfig
from swae_text.corpora.tokenizer import EOS, FIRST_PIECE, PAD, UNK


def corrupt(
    tokens: Int[Tensor, "batch time"],
    config: CorruptionConfig,
    vocab_size: int,
    generator: torch.Generator,
) -> Int[Tensor, "batch shorter"]:
    """Drop, substitute, mask and shuffle, in this order; the input is left as it is.

    Args:
        tokens: sentences with their ``EOS``, padded on the right.
        config: probabilities a token, and the reach of the shuffle.
        vocab_size: substitutes are drawn below it.
        generator: source of chance, on the device of ``tokens``.

    Returns:
        The damaged sentences, as wide as the longest one left.
    """
    if config.drop:
        tokens = _drop(tokens, config.drop, generator)
    if config.substitute:
        replaced = chosen(tokens, config.substitute, generator)
        tokens = torch.where(replaced, _random_tokens(tokens, vocab_size, generator), tokens)
    if config.mask:
        tokens = tokens.masked_fill(chosen(tokens, config.mask, generator), UNK)
    if config.shuffle:
        tokens = _shuffle(tokens, config.shuffle, generator)
    return tokens


def _drop(
    tokens: Int[Tensor, "batch time"], probability: float, generator: torch.Generator
) -> Int[Tensor, "batch shorter"]:
    """Leave tokens out and move the rest left; the luckiest token of a sentence always stays."""
    inside = words(tokens)
    luck = torch.rand(tokens.shape, generator=generator, device=tokens.device)
    luck = luck.masked_fill(~inside, -1.0)
    luckiest = luck == luck.amax(dim=1, keepdim=True)
    keep = (inside & ((luck >= probability) | luckiest)) | (tokens == EOS)
    order = torch.argsort((~keep).to(torch.uint8), dim=1, stable=True)
    kept = tokens.masked_fill(~keep, PAD).gather(1, order)
    return kept[:, : max(int(keep.sum(dim=1).max()), 1)]


def _shuffle(
    tokens: Int[Tensor, "batch time"], reach: int, generator: torch.Generator
) -> Int[Tensor, "batch time"]:
    """Sort by ``position + U(0, reach + 1)``: no token passes one that is ``reach + 1`` away."""
    luck = torch.rand(tokens.shape, generator=generator, device=tokens.device)
    luck = luck.masked_fill(~words(tokens), 1.0)  # the end and the padding stay behind the words
    position = torch.arange(tokens.shape[1], device=tokens.device)
    return tokens.gather(1, torch.argsort(position + (reach + 1) * luck, dim=1, stable=True))


def chosen(
    tokens: Int[Tensor, "batch time"], probability: float, generator: torch.Generator
) -> Bool[Tensor, "batch time"]:
    """Each word with this probability."""
    luck = torch.rand(tokens.shape, generator=generator, device=tokens.device)
    return (luck < probability) & words(tokens)


def _random_tokens(
    tokens: Int[Tensor, "batch time"], vocab_size: int, generator: torch.Generator
) -> Int[Tensor, "batch time"]:
    """Any piece of text; single bytes would be noise of another kind."""
    first = FIRST_PIECE if vocab_size > FIRST_PIECE else EOS + 1
    return torch.randint(
        first, vocab_size, tokens.shape, generator=generator, device=tokens.device
    ).to(tokens.dtype)


def words(tokens: Int[Tensor, "batch time"]) -> Bool[Tensor, "batch time"]:
    """Which tokens are neither the end nor padding."""
    return (tokens != PAD) & (tokens != EOS)
