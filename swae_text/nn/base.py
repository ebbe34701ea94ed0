"""What every encoder and decoder of sentences offers, whatever it is made of.

A decoder's memory between two tokens is a list of tensors whose first axis is the batch. That one
rule lets generation drop finished rows, or follow the best ones, without knowing the decoder:
``[part[rows] for part in state]``.
"""

from abc import abstractmethod
from typing import TypeAlias

from jaxtyping import Bool, Float
from torch import Tensor, nn

DecoderState: TypeAlias = list[Tensor]


class SentenceEncoder(nn.Module):
    """Embedded tokens to the slots of a code."""

    def compile_parts(self) -> None:
        """Have kernels made of ``forward`` when it first runs; an LSTM is one already."""

    @abstractmethod
    def forward(
        self, x: Float[Tensor, "batch time width"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch slots width"]:
        """Read a batch; positions that are not ``real`` change nothing."""


class SentenceDecoder(nn.Module):
    """Embedded tokens and the slots of a code to the states that predict the next token."""

    def compile_parts(self) -> None:
        """Have kernels made of ``forward`` when it first runs; an LSTM is one already."""

    @abstractmethod
    def forward(
        self, x: Float[Tensor, "batch time width"], slots: Float[Tensor, "batch slots width"]
    ) -> Float[Tensor, "batch time width"]:
        """Teacher forcing: the state at ``t`` has seen the tokens up to ``t`` and the slots."""

    @abstractmethod
    def start(self, slots: Float[Tensor, "batch slots width"]) -> DecoderState:
        """The state before the first token."""

    @abstractmethod
    def step(
        self, x: Float[Tensor, "batch width"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch width"], DecoderState]:
        """Read one token a row; equal to ``forward`` at that position."""
