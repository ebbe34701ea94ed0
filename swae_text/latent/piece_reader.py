"""A reader of a label in the sentence itself: a bag of its pieces.

    logit(x) = b + Σ w_piece   over the set of pieces of x
    min over w, b   mean −log σ(± logit(x))  +  λ/2 |w|²

A probe of the vector and this reader err apart. A sentence whose vector convinces the probe and
which has no word for it is what a search along the probe's gradient finds first; one that convinces
both has such a word nearly always (docs/experiments.md). The optimum is unique, so no seed is
needed; it is found by L-BFGS.
"""

from collections.abc import Sequence
from itertools import chain

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

WEIGHT_DECAY, STEPS = 1e-5, 50


class PieceReader(nn.Module):
    """Log-odds of a label for each sentence.

    Args:
        vocab_size: pieces there are.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(vocab_size))
        self.register_buffer("bias", torch.zeros(()))

    def forward(self, tokens: Sequence[Sequence[int]]) -> Float[Tensor, " n"]:
        """Of sentences in pieces; above 0 the label is likelier than not."""
        return _log_odds(self.weight, self.bias, *_bags(tokens, self.weight.device))


def fit_piece_reader(
    tokens: Sequence[Sequence[int]], labels: Bool[Tensor, " n"], vocab_size: int
) -> PieceReader:
    """Learn which pieces tell of a label.

    Args:
        tokens: sentences in pieces.
        labels: which of them have the label.
        vocab_size: pieces there are.
    """
    reader = PieceReader(vocab_size).to(labels.device)
    with torch.inference_mode(False), torch.enable_grad():
        bags, truth = _bags(tokens, labels.device), labels.clone().float()
        weight = torch.zeros(vocab_size, device=labels.device, requires_grad=True)
        bias = torch.zeros((), device=labels.device, requires_grad=True)
        solver = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            solver.zero_grad()
            told = _log_odds(weight, bias, *bags)
            nats = functional.binary_cross_entropy_with_logits(told, truth)
            total = nats + 0.5 * WEIGHT_DECAY * weight.square().sum()
            total.backward()  # type: ignore[no-untyped-call]
            return total

        solver.step(loss)  # type: ignore[no-untyped-call]
        reader.weight, reader.bias = weight.detach(), bias.detach()
    return reader


def _bags(tokens: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """The pieces of all sentences, each once a sentence, and where each sentence begins."""
    sets = [sorted(set(own)) for own in tokens]
    sizes = torch.tensor([0, *map(len, sets)], device=device)
    flat = torch.tensor(list(chain.from_iterable(sets)), dtype=torch.long, device=device)
    return flat, sizes.cumsum(0)[:-1]


def _log_odds(weight: Tensor, bias: Tensor, flat: Tensor, starts: Tensor) -> Tensor:
    return functional.embedding_bag(flat, weight[:, None], starts, mode="sum")[:, 0] + bias
