"""Transformer encoder and decoder of sentences (Vaswani et al., 2017; pre-norm, RMS norm, ReLU²).

    encoder  tokens ──▶ states [B, T, W] ──learned queries──▶ slots [B, K, W]
    decoder  tokens, slots of the code ──▶ states [B, T, W], each from the tokens up to its own

Both take embedded tokens, so that one embedding table serves encoder, decoder and output layer.
Shape letters are those of ``swae_text.config``; ``H`` heads, ``D`` width of a head.
"""

from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from swae_text.config import TransformerDecoderConfig, TransformerEncoderConfig
from swae_text.nn.attention import Attention, Norm, SlotReader
from swae_text.nn.base import DecoderState, SentenceDecoder, SentenceEncoder


class FeedForward(nn.Module):
    """``W → f·W → W`` with squared ReLU (So et al., 2021), which is cheaper than GELU on a CPU."""

    def __init__(self, width: int, factor: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, factor * width, bias=False)
        self.down = nn.Linear(factor * width, width, bias=False)

    def forward(self, x_BTW: Tensor) -> Tensor:
        """Apply to every position on its own."""
        h = self.up(x_BTW).relu_()  # in place: memory that is new has to be fetched first
        down: Tensor = self.down(h.square() if torch.is_grad_enabled() else h.square_())
        return down


class EncoderBlock(nn.Module):
    """Self-attention over all real tokens, then feed-forward; both on residual branches."""

    def __init__(self, config: TransformerEncoderConfig) -> None:
        super().__init__()
        self.attention_norm = Norm()
        self.attention = Attention(config.width, config.heads)
        self.feedforward_norm = Norm()
        self.feedforward = FeedForward(config.width, config.feedforward)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BTW: Tensor, mask: Tensor | None) -> Tensor:
        """``mask`` is true where a key may be looked at; None: everywhere."""
        normed = self.attention_norm(x_BTW)
        x_BTW = x_BTW + self.dropout(self.attention(normed, normed, mask=mask))
        after: Tensor = x_BTW + self.dropout(self.feedforward(self.feedforward_norm(x_BTW)))
        return after


class TransformerEncoder(SentenceEncoder):
    """Embedded tokens to the slots of the code.

    Args:
        config: size of the encoder.
        slots: number of slots ``K`` that the learned queries fill.
        max_tokens: longest sentence, in tokens.
    """

    def __init__(self, config: TransformerEncoderConfig, slots: int, max_tokens: int) -> None:
        super().__init__()
        positions = torch.empty(max_tokens, config.width)
        self.positions = nn.Parameter(nn.init.normal_(positions, std=config.width**-0.5))
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.layers))
        self.reader = SlotReader(config.width, config.heads, slots)

    def compile_parts(self) -> None:
        """Block by block: a graph cannot ask whether a batch has padding."""
        for block in self.blocks:
            block.compile(dynamic=True)

    def forward(
        self, x: Float[Tensor, "batch time width"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch slots width"]:
        """Read a batch; positions that are not ``real`` change nothing."""
        mask = None if bool(real.all()) else real[:, None, None, :]
        x_BTW = x + self.positions[: x.shape[1]]
        for block in self.blocks:
            x_BTW = block(x_BTW, mask)
        slots: Tensor = self.reader(x_BTW, mask)
        return slots


class DecoderBlock(nn.Module):
    """Causal self-attention, attention to the slots, feed-forward."""

    def __init__(self, config: TransformerDecoderConfig) -> None:
        super().__init__()
        self.attention_norm = Norm()
        self.attention = Attention(config.width, config.heads)
        self.slots_norm = Norm()
        self.slots_attention = Attention(config.width, config.heads)
        self.feedforward_norm = Norm()
        self.feedforward = FeedForward(config.width, config.feedforward)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BTW: Tensor, slots_BKW: Tensor) -> Tensor:
        """All positions at once (teacher forcing)."""
        normed = self.attention_norm(x_BTW)
        x_BTW = x_BTW + self.dropout(self.attention(normed, normed, causal=True))
        x_BTW = x_BTW + self.dropout(self.slots_attention(self.slots_norm(x_BTW), slots_BKW))
        after: Tensor = x_BTW + self.dropout(self.feedforward(self.feedforward_norm(x_BTW)))
        return after

    def step(self, x_B1W: Tensor, cache: DecoderState) -> tuple[Tensor, DecoderState]:
        """One position; ``cache`` holds keys and values of the past and of the slots."""
        past_keys, past_values, slot_keys, slot_values = cache
        normed = self.attention_norm(x_B1W)
        keys, values = self.attention.keys_values(normed)
        keys, values = torch.cat([past_keys, keys], 2), torch.cat([past_values, values], 2)
        x_B1W = x_B1W + self.attention.attend(normed, keys, values)
        x_B1W = x_B1W + self.slots_attention.attend(self.slots_norm(x_B1W), slot_keys, slot_values)
        x_B1W = x_B1W + self.feedforward(self.feedforward_norm(x_B1W))
        return x_B1W, [keys, values, slot_keys, slot_values]


class TransformerDecoder(SentenceDecoder):
    """Embedded tokens and the slots of a code to the states that predict the next token."""

    def __init__(self, config: TransformerDecoderConfig, max_tokens: int) -> None:
        super().__init__()
        positions = torch.empty(max_tokens, config.width)
        self.positions = nn.Parameter(nn.init.normal_(positions, std=config.width**-0.5))
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.layers))
        self.norm = Norm()

    def compile_parts(self) -> None:
        """As a whole: what stands between two blocks becomes one kernel as well."""
        self.compile(dynamic=True)

    def forward(
        self, x: Float[Tensor, "batch time width"], slots: Float[Tensor, "batch slots width"]
    ) -> Float[Tensor, "batch time width"]:
        """Teacher forcing: the state at ``t`` has seen the tokens up to ``t`` and the slots."""
        x_BTW = x + self.positions[: x.shape[1]]
        for block in self.blocks:
            x_BTW = block(x_BTW, slots)
        states: Tensor = self.norm(x_BTW)
        return states

    def start(self, slots: Float[Tensor, "batch slots width"]) -> DecoderState:
        """The state before the first token: an empty past, and the slots' keys and values."""
        state: DecoderState = []
        for block in self._blocks:
            keys, values = block.slots_attention.keys_values(slots)
            state += [keys[:, :, :0], values[:, :, :0], keys, values]
        return state

    def step(
        self, x: Float[Tensor, "batch width"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch width"], DecoderState]:
        """Read one token a row; equal to ``forward`` at that position."""
        x_B1W = (x + self.positions[state[0].shape[2]])[:, None]
        after: DecoderState = []
        for i, block in enumerate(self._blocks):
            x_B1W, cache = block.step(x_B1W, state[4 * i : 4 * i + 4])
            after += cache
        return self.norm(x_B1W)[:, 0], after

    @property
    def _blocks(self) -> list[DecoderBlock]:
        return cast(list[DecoderBlock], list(self.blocks))
