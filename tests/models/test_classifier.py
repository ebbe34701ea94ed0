"""Both classifiers against their definitions, word by word; padding and short sentences."""

import pytest
import torch
from torch.nn import functional

from swae_text.models.classifier import (
    END,
    PAD,
    ConvolutionalClassifier,
    NgramClassifier,
    SentenceClassifier,
)

WORDS, LABELS = 40, 3


def classifier(kind: str) -> SentenceClassifier:
    torch.manual_seed(0)
    if kind == "ngrams":
        return NgramClassifier(WORDS, LABELS, width=6, buckets=50, dropout=0.2).eval()
    return ConvolutionalClassifier(WORDS, LABELS, 6, filters=7, sizes=(3, 4, 5), dropout=0.2).eval()


def sentences() -> torch.Tensor:
    words = torch.randint(1, WORDS, (8, 9), generator=torch.Generator().manual_seed(1))
    words[words == END] = END + 1
    lengths, time = torch.arange(8), torch.arange(9)
    words[time == lengths[:, None]] = END
    return words.masked_fill(time > lengths[:, None], PAD)


@pytest.mark.parametrize("kind", ["ngrams", "cnn"])
def test_padding_changes_nothing(kind):
    model, words = classifier(kind), sentences()
    alone = torch.cat([model(row[row != PAD][None]) for row in words])
    torch.testing.assert_close(model(words), alone)
    torch.testing.assert_close(model(functional.pad(words, (0, 6))), alone)


def test_a_bag_is_the_mean_of_words_and_hashed_pairs():
    model = classifier("ngrams")
    a, b, c = 5, 17, END
    pairs = [WORDS + (left * 1_000_003 + right) % 50 for left, right in ((a, b), (b, c))]
    mean = model.bag.weight[[a, b, c, *pairs]].mean(0)
    torch.testing.assert_close(model(torch.tensor([[a, b, c, PAD]]))[0], model.out(mean))


def test_a_bag_hears_the_order_of_neighbours():
    there, back = classifier("ngrams")(torch.tensor([[5, 17, END], [17, 5, END]]))
    assert not torch.allclose(there, back)


@pytest.mark.parametrize("length", [1, 3, 8])
def test_filters_report_their_strongest_window(length):
    model, words = classifier("cnn"), sentences()[length - 1, :length]
    filled = functional.pad(words, (0, max(0, 5 - length)))
    found = []
    for size, filters in zip(model.sizes, model.filters, strict=True):
        starts = range(max(1, length - size + 1))
        windows = [model.embedding(filled[start : start + size]).flatten() for start in starts]
        found.append(torch.stack([filters(window).relu() for window in windows]).amax(0))
    torch.testing.assert_close(model(words[None])[0], model.out(torch.cat(found)))


@pytest.mark.parametrize("kind", ["ngrams", "cnn"])
def test_the_loss_is_the_cross_entropy_and_leaves_padding_alone(kind):
    model, words = classifier(kind), sentences()
    labels = torch.arange(8) % LABELS
    loss = model.loss(words, labels)
    torch.testing.assert_close(loss, -model(words).log_softmax(-1)[range(8), labels].mean())
    loss.backward()
    table = model.bag if kind == "ngrams" else model.embedding
    assert (table.weight.grad[PAD] == 0).all() and table.weight.grad.abs().sum() > 0
