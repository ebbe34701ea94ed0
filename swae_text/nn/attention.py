"""Multi-head attention (Vaswani et al., 2017), and learned queries that read states into slots.

    attend(Q, K, V) = softmax(Q Kᵀ / √D) V

Shape letters are those of ``swae_text.config``; ``H`` heads, ``D`` width of a head.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Norm(nn.Module):
    """RMS norm without weights (Zhang and Sennrich, 2019): the linear map after it has them.

    Without weights it stays one fused operation when activations are bfloat16.
    """

    def forward(self, x_BTW: Tensor) -> Tensor:
        """Scale every position to a mean square of one."""
        return functional.rms_norm(x_BTW, x_BTW.shape[-1:])


class Attention(nn.Module):
    """Queries from one sequence, keys and values from another (or the same)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.output = nn.Linear(width, width, bias=False)

    def keys_values(self, x_BSW: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values ``[B, H, S, D]`` of a sequence."""
        keys, values = self.key_value(x_BSW).chunk(2, dim=-1)
        return self._split(keys), self._split(values)

    def attend(
        self,
        x_BTW: Tensor,
        keys_BHSD: Tensor,
        values_BHSD: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
    ) -> Tensor:
        """Look up ready keys and values; ``mask`` is true where a key may be looked at.

        One row of queries serves every row of keys.
        """
        queries_BHTD = self._split(self.query(x_BTW)).expand(len(keys_BHSD), -1, -1, -1)
        x_BHTD = _look_up(queries_BHTD, keys_BHSD, values_BHSD, mask, causal)
        output: Tensor = self.output(x_BHTD.transpose(1, 2).flatten(2))
        return output

    def forward(
        self,
        x_BTW: Tensor,
        context_BSW: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
    ) -> Tensor:
        """Attend from ``x`` to ``context``."""
        keys, values = self.keys_values(context_BSW)
        return self.attend(x_BTW, keys, values, mask=mask, causal=causal)

    def _split(self, x_BTW: Tensor) -> Tensor:
        B, T, W = x_BTW.shape
        return x_BTW.view(B, T, self.heads, W // self.heads).transpose(1, 2)


def _look_up(
    queries_BHTD: Tensor, keys_BHSD: Tensor, values_BHSD: Tensor, mask: Tensor | None, causal: bool
) -> Tensor:
    """Softmax attention; by plain products in bfloat16 on a CPU.

    There the fused kernel is six times slower on sentences (24 ms against 4 ms, forward and
    backward, for 160 sentences of 12 tokens and 4 heads of 64 on two cores).
    """
    if queries_BHTD.is_cuda or queries_BHTD.dtype is not torch.bfloat16:
        return functional.scaled_dot_product_attention(
            queries_BHTD, keys_BHSD, values_BHSD, mask, is_causal=causal
        )
    scores_BHTS = queries_BHTD @ keys_BHSD.mT * queries_BHTD.shape[-1] ** -0.5
    if causal:
        future = torch.ones(scores_BHTS.shape[-2:], dtype=torch.bool).triu(1)
        scores_BHTS = scores_BHTS.masked_fill(future, -torch.inf)
    if mask is not None:
        scores_BHTS = scores_BHTS.masked_fill(~mask, -torch.inf)
    looked_up: Tensor = scores_BHTS.softmax(-1) @ values_BHSD
    return looked_up


class SlotReader(nn.Module):
    """``K`` learned queries look at the encoder's states; each fills one slot of the code."""

    def __init__(self, width: int, heads: int, slots: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(nn.init.normal_(torch.empty(slots, width)))
        self.states_norm = Norm()
        self.attention = Attention(width, heads)
        self.norm = Norm()

    def forward(self, states_BTW: Tensor, mask: Tensor | None) -> Tensor:
        """States ``[B, T, W]`` to slots ``[B, K, W]``; ``mask`` is true at real tokens."""
        slots: Tensor = self.norm(
            self.attention(self.queries[None], self.states_norm(states_BTW), mask=mask)
        )
        return slots
