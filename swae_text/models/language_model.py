"""A small recurrent language model over SentencePiece pieces: a referee, not a generator.

    log p(x) = Σ_t log p(x_t | x_<t),   x_0 = BOS (put in here), x_T = EOS (part of the sentence)

One LSTM layer (Hochreiter and Schmidhuber, 1997; dropout where Zaremba et al., 2014, put it), with
its embedding table as output layer (Press and Wolf, 2017; Inan et al., 2017). Pieces fall back to
bytes, so that every string has a probability and no rule for unknown words is needed; a perplexity
*a word* divides the same nats by words instead of pieces.

The softmax has two levels (Goodman, 2001; Grave et al., 2017), which halves the time of a step:

    p(w) = softmax(head)_w                              for the S frequent pieces
    p(w) = softmax(head)_rare · softmax(tail)_w         for the V - S rare ones

SentencePiece numbers its pieces by falling probability, so the first ids are the frequent ones; any
other order is as exact, and slower. ``PAD``, ``UNK`` and ``BOS`` never follow: probability zero.
Shape letters are those of ``swae_text.config``.
"""

from typing import TypeAlias

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from swae_text.corpora.tokenizer import BOS, EOS, PAD
from swae_text.models.divergences import HasCritic

LSTMState: TypeAlias = tuple[Tensor, Tensor]
"""Hidden state and cell, ``[1, B, W]`` each."""

_FREQUENT = 0.2  # share of the pieces in the head: nine tenths of Yelp's tokens, at 4000 pieces

_STATES = (
    0.5  # states lie in (-1, 1): times this and √W the tied table can be sure of a piece early
)


class LanguageModel(HasCritic):
    """Padded sentences to their log-probabilities.

    Args:
        vocab_size: pieces of the tokenizer ``V``, special ones counted.
        width: width ``W`` of embeddings and states.
        dropout: probability on embeddings and on states before the output layer.
    """

    never: Tensor
    """0 for a piece that may follow, minus infinity for the special ones that never do."""

    def __init__(self, vocab_size: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.divergence = None
        self.scale = _STATES * width**0.5
        self.frequent = max(EOS + 1, int(_FREQUENT * vocab_size))
        self.embedding = nn.Embedding(vocab_size, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.bias = nn.Parameter(torch.zeros(vocab_size))
        self.rare = nn.Linear(width, 1)
        self.register_buffer("never", torch.empty(self.frequent), persistent=False)
        self.init_non_persistent_buffers()
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        gates = self.lstm.get_parameter("bias_ih_l0").data
        gates[width : 2 * width] = 1.0  # remember at first (Gers et al., 2000)

    def init_non_persistent_buffers(self) -> None:
        """Compute what is not written to disk."""
        self.never = torch.zeros(self.frequent)
        self.never[:EOS] = -torch.inf

    @property
    def vocab_size(self) -> int:
        """Pieces of the tokenizer."""
        return self.embedding.num_embeddings

    def loss(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, ""]:
        """Nats a token of padded sentences that end with ``EOS``; the end is a token, too."""
        return self._nats(tokens).mean()

    def log_probs(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, " batch"]:
        """Natural logarithm of each sentence's probability, its end included (float64).

        Padding changes nothing. A sentence with ``UNK`` or ``BOS`` inside has minus infinity.
        """
        rows = (tokens != PAD).nonzero()[:, 0]
        nothing = torch.zeros(len(tokens), dtype=torch.float64, device=tokens.device)
        return nothing.index_add(0, rows, -self._nats(tokens).double())

    def log_distribution(self, states: Float[Tensor, "*any width"]) -> Float[Tensor, "*any vocab"]:
        """Natural logarithms of the probabilities of every piece; they sum to one."""
        head = self._head(states).log_softmax(-1)
        tail = self._tail(states).log_softmax(-1)
        return torch.cat([head[..., :-1], head[..., -1:] + tail], -1)

    def step(
        self, tokens: Int[Tensor, " batch"], state: LSTMState | None = None
    ) -> tuple[Float[Tensor, "batch width"], LSTMState]:
        """Read one token a row, from ``BOS`` on; gives what predicts the next, and the memory."""
        states_B1W, state = self.lstm(self.embedding(tokens)[:, None], state)
        return self.scale * states_B1W[:, 0], state

    def sample(self, n: int, longest: int, generator: torch.Generator) -> list[list[int]]:
        """Draw sentences token by token from the model's own distribution.

        Args:
            n: sentences to draw.
            longest: tokens after which a sentence is cut.
            generator: randomness of the draws.

        Returns:
            Tokens of each sentence without begin and end.
        """
        sentences: list[list[int]] = [[] for _ in range(n)]
        rows = torch.arange(n, device=self.bias.device)
        tokens, state = torch.full_like(rows, BOS), None
        for _ in range(longest):
            states, (hidden, cell) = self.step(tokens, state)
            drawn = torch.multinomial(self.log_distribution(states).exp(), 1, generator=generator)
            going = drawn[:, 0] != EOS  # rows that have ended leave the batch
            rows, tokens = rows[going], drawn[going, 0]
            state = hidden[:, going].contiguous(), cell[:, going].contiguous()
            if not len(rows):
                break
            for row, token in zip(rows.tolist(), tokens.tolist(), strict=True):
                sentences[row].append(token)
        return sentences

    def _nats(self, tokens_BT: Tensor) -> Tensor:
        """-log p of every real token, row by row; padding never reaches the output layer."""
        start = torch.full_like(tokens_BT[:, :1], BOS)
        read_BT = torch.cat([start, tokens_BT[:, :-1]], 1)
        states_BTW, _ = self.lstm(self.dropout(self.embedding(read_BT)))
        real = tokens_BT != PAD
        states, targets = self.scale * self.dropout(states_BTW[real]), tokens_BT[real]
        nats = functional.cross_entropy(
            self._head(states), targets.clamp_max(self.frequent), reduction="none"
        )
        rare = (targets >= self.frequent).nonzero()[:, 0]
        rest = functional.cross_entropy(
            self._tail(states[rare]), targets[rare] - self.frequent, reduction="none"
        )
        return nats.index_add(0, rare, rest)

    def _head(self, states: Tensor) -> Tensor:
        """Scores of the frequent pieces, then that of all rare ones together."""
        weight = torch.cat([self.embedding.weight[: self.frequent], self.rare.weight])
        bias = torch.cat([self.bias[: self.frequent] + self.never, self.rare.bias])
        return functional.linear(states, weight, bias).float()

    def _tail(self, states: Tensor) -> Tensor:
        """Scores of the rare pieces among themselves."""
        weight, bias = self.embedding.weight[self.frequent :], self.bias[self.frequent :]
        return functional.linear(states, weight, bias).float()
