"""Two classifiers of sentences, over words between spaces: referees of an attribute.

    n-grams        softmax(A · mean of the embeddings of words and hashed pairs of words)
    convolution    softmax(A · max over time of ReLU(filters of 3, 4 and 5 words))

Joulin et al. (2017, "Bag of tricks for efficient text classification", fastText) and Kim (2014,
"Convolutional neural networks for sentence classification"). The first sees hardly any order, the
second up to five words of it: where they disagree, the attribute is not a matter of single words.
Both read word ids: padding, unknown word, end of sentence, words. Every sentence ends with ``END``,
so that the empty one is not nothing. Shape letters are those of ``swae_text.config``.
"""

from abc import abstractmethod

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from swae_text.models.divergences import HasCritic

PAD, UNKNOWN, END = range(3)
"""Ids below the words: padding, a word that training did not have, end of sentence."""

_PRIME = 1_000_003  # spreads pairs of word ids over the buckets, on every machine alike

_EMBEDDING_STD = 0.1  # near Kim's ±0.25: with PyTorch's 1 what is learnt drowns in where it began


class SentenceClassifier(HasCritic):
    """Word ids to scores of the labels."""

    def __init__(self) -> None:
        super().__init__()
        self.divergence = None

    @abstractmethod
    def forward(self, words: Int[Tensor, "batch time"]) -> Float[Tensor, "batch labels"]:
        """Scores (log-odds up to a constant) of each label; padding changes nothing."""

    def loss(
        self, words: Int[Tensor, "batch time"], labels: Int[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """Cross-entropy in nats a sentence."""
        return functional.cross_entropy(self(words).float(), labels)


class NgramClassifier(SentenceClassifier):
    """A bag of words and pairs of neighbours; pairs share ``buckets`` embeddings by hash.

    Args:
        words: ids of words, the special ones counted.
        labels: number of labels.
        width: width of the embeddings.
        buckets: embeddings of pairs.
        dropout: probability on the mean embedding.
    """

    def __init__(self, words: int, labels: int, width: int, buckets: int, dropout: float) -> None:
        super().__init__()
        self.words, self.buckets = words, buckets
        self.bag = nn.EmbeddingBag(words + buckets, width, mode="mean", padding_idx=PAD)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, labels)
        nn.init.uniform_(self.bag.weight, -1 / width, 1 / width)

    def forward(self, words: Int[Tensor, "batch time"]) -> Float[Tensor, "batch labels"]:
        """Scores of each label; padding changes nothing."""
        scores: Tensor = self.out(self.dropout(self.bag(self._features(words))))
        return scores

    def _features(self, words_BT: Tensor) -> Tensor:
        """Words, then pairs of neighbours; a pair with padding is padding."""
        left, right = words_BT[:, :-1], words_BT[:, 1:]
        pairs = self.words + (left * _PRIME + right) % self.buckets
        return torch.cat([words_BT, pairs.masked_fill(right == PAD, PAD)], 1)


class ConvolutionalClassifier(SentenceClassifier):
    """Filters over neighbouring words, each of which reports its strongest match.

    Args:
        words: ids of words, the special ones counted.
        labels: number of labels.
        width: width of the embeddings.
        filters: filters of each size.
        sizes: words that a filter sees.
        dropout: probability on what the filters report.
    """

    def __init__(
        self,
        words: int,
        labels: int,
        width: int,
        filters: int,
        sizes: tuple[int, ...],
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=PAD)
        self.filters = nn.ModuleList(nn.Linear(size * width, filters) for size in sizes)
        self.sizes = sizes
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(filters * len(sizes), labels)
        nn.init.normal_(self.embedding.weight, std=_EMBEDDING_STD)
        nn.init.zeros_(self.embedding.weight.data[PAD])

    def forward(self, words: Int[Tensor, "batch time"]) -> Float[Tensor, "batch labels"]:
        """Scores of each label; padding changes nothing, and short sentences fill one window."""
        short = max(0, max(self.sizes) - words.shape[1])
        words = functional.pad(words, (0, short), value=PAD)
        x_BTW = self.embedding(words)
        lengths = (words != PAD).sum(1)
        found = [
            _strongest(linear, x_BTW, lengths, size)
            for linear, size in zip(self.filters, self.sizes, strict=True)
        ]
        scores: Tensor = self.out(self.dropout(torch.cat(found, -1)))
        return scores


def _strongest(linear: nn.Module, x_BTW: Tensor, lengths_B: Tensor, size: int) -> Tensor:
    """Max over the windows inside each sentence; one that is too short has one window."""
    windows = x_BTW.unfold(1, size, 1).transpose(2, 3).flatten(2)
    start = torch.arange(windows.shape[1], device=x_BTW.device)
    outside = start > (lengths_B - size).clamp_min(0)[:, None]
    matches: Tensor = functional.relu(linear(windows))
    return matches.masked_fill(outside[..., None], 0.0).amax(1)  # nothing is below a ReLU's zero
