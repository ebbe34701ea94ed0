"""LSTM encoder and decoder of sentences (Hochreiter and Schmidhuber, 1997).

    encoder  tokens ──▶ states of both directions [B, T, W] ──learned queries──▶ slots [B, K, W]
    decoder  tokens and the whole code at every step ──▶ states, which then attend to the slots
             (Luong et al., 2015), so that the code's interface is that of the Transformer

Both take embedded tokens, so that one embedding table serves encoder, decoder and output layer.
Shape letters are those of ``swae_text.config``.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from swae_text.config import LSTMDecoderConfig, LSTMEncoderConfig
from swae_text.nn.attention import Attention, Norm, SlotReader
from swae_text.nn.base import DecoderState, SentenceDecoder, SentenceEncoder


class LSTMEncoder(SentenceEncoder):
    """Embedded tokens to the slots of the code.

    Args:
        config: size of the encoder.
        slots: number of slots ``K`` that the learned queries fill.
    """

    def __init__(self, config: LSTMEncoderConfig, slots: int) -> None:
        super().__init__()
        half, dropout = config.width // 2, config.dropout if config.layers > 1 else 0.0
        self.dropout = nn.Dropout(config.dropout)
        self.onward = nn.LSTM(config.width, half, config.layers, dropout=dropout, batch_first=True)
        self.backward_ = nn.LSTM(
            config.width, half, config.layers, dropout=dropout, batch_first=True
        )
        self.reader = SlotReader(config.width, config.heads, slots)

    def forward(
        self, x: Float[Tensor, "batch time width"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch slots width"]:
        """Read a batch; positions that are not ``real`` change nothing.

        Each sentence is turned round within its own length, so that the padding comes last in
        both directions. That is exact, and the fused kernels keep working (packing loses them).
        """
        x_BTW = self.dropout(x)
        turned = _turned_round(real)[..., None]
        onward, _ = self.onward(x_BTW)
        backward, _ = self.backward_(x_BTW.gather(1, turned.expand_as(x_BTW)))
        backward = backward.gather(1, turned.expand_as(backward))
        mask = None if bool(real.all()) else real[:, None, None, :]
        slots: Tensor = self.reader(torch.cat([onward, backward], -1), mask)
        return slots


class LSTMDecoder(SentenceDecoder):
    """Embedded tokens and the slots of a code to the states that predict the next token."""

    def __init__(self, config: LSTMDecoderConfig) -> None:
        super().__init__()
        dropout = config.dropout if config.layers > 1 else 0.0
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(
            2 * config.width, config.width, config.layers, dropout=dropout, batch_first=True
        )
        self.slots_norm = Norm()
        self.slots_attention = Attention(config.width, config.heads)
        self.norm = Norm()

    def forward(
        self, x: Float[Tensor, "batch time width"], slots: Float[Tensor, "batch slots width"]
    ) -> Float[Tensor, "batch time width"]:
        """Teacher forcing: the state at ``t`` has seen the tokens up to ``t`` and the slots."""
        code_BTW = slots.mean(1, keepdim=True).expand(-1, x.shape[1], -1)
        states_BTW, _ = self.lstm(torch.cat([self.dropout(x), code_BTW], -1))
        return self._look_at_slots(states_BTW, *self.slots_attention.keys_values(slots))

    def start(self, slots: Float[Tensor, "batch slots width"]) -> DecoderState:
        """The state before the first token: zeros, the code, and the slots' keys and values."""
        keys, values = self.slots_attention.keys_values(slots)
        zeros = slots.new_zeros(len(slots), self.lstm.num_layers, self.lstm.hidden_size)
        return [zeros, zeros, slots.mean(1), keys, values]

    def step(
        self, x: Float[Tensor, "batch width"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch width"], DecoderState]:
        """Read one token a row; equal to ``forward`` at that position."""
        hidden, cell, code, keys, values = state
        past = (hidden.transpose(0, 1).contiguous(), cell.transpose(0, 1).contiguous())
        x_B1W, (hidden, cell) = self.lstm(torch.cat([x, code], -1)[:, None], past)
        after = [hidden.transpose(0, 1), cell.transpose(0, 1), code, keys, values]
        return self._look_at_slots(x_B1W, keys, values)[:, 0], after

    def _look_at_slots(self, states_BTW: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        looked = self.slots_attention.attend(self.slots_norm(states_BTW), keys, values)
        states: Tensor = self.norm(self.dropout(states_BTW + looked))
        return states


def _turned_round(real: Bool[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
    """Position of each token when its sentence is read backwards; padding stays where it is."""
    time = torch.arange(real.shape[1], device=real.device)
    return torch.where(real, real.sum(1, keepdim=True) - 1 - time, time)
