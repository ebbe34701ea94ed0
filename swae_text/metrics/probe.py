"""What a straight line can read from a latent: multinomial logistic regression.

    label ≈ argmax (W z + b),   W and b as in ``latent/logistic.py``        (Alain & Bengio, 2017)

Its accuracy says whether the space keeps a label in a form that vector arithmetic can use. A bag of
words reads the sentiment of Yelp sentences at 94 %; the share of the largest label is the guess.
Latents are standardised by the training ones.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.errors import CorpusError
from swae_text.latent.logistic import SIGNATURE, linear_reader


@dataclass(frozen=True, slots=True)
class LinearProbe:
    """How well a linear classifier reads labels from held-out latents."""

    accuracy: float
    """Share of held-out latents whose label is read rightly, in [0, 1]."""
    guess: float
    """Share of the most frequent held-out label."""
    n: int
    """Held-out latents."""
    n_train: int
    """Latents that the probe was fitted to."""
    signature: str
    """The probe and its fit."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def linear_probe(
    train: Float[Tensor, "n dim"],
    train_labels: Int[Tensor, " n"],
    test: Float[Tensor, "m dim"],
    test_labels: Int[Tensor, " m"],
) -> LinearProbe:
    """Fit on one part, read the other.

    Args:
        train: latents to fit to.
        train_labels: of these, from 0.
        test: held-out latents.
        test_labels: of these.

    Raises:
        CorpusError: nothing is held out, or there are not two labels to tell apart.
    """
    if not len(test) or bool((train_labels == train_labels[:1]).all()):
        raise CorpusError("a probe needs held-out latents, and training latents of two labels")
    weight, bias = linear_reader(train, train_labels)
    told = (test @ weight.T + bias).argmax(1)
    counts = torch.bincount(test_labels)
    return LinearProbe(
        accuracy=(told == test_labels).double().mean().item(),
        guess=counts.max().item() / len(test_labels),
        n=len(test),
        n_train=len(train),
        signature=SIGNATURE,
    )
