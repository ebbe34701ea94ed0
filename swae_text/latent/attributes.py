"""Attribute vectors: the direction in which an attribute changes, from labelled latents.

    v = mean(z | positive) - mean(z | negative)        z' = z + strength · v

The mean difference of Larsen et al. (2016) and White (2016, "Sampling Generative Networks"); for
sentences, Shen et al. (2020). A strength of 1 is the distance between the two groups' means.
"""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from swae_text.errors import CorpusError


@dataclass(frozen=True, eq=False)
class AttributeVector:
    """A direction, and what it was made from."""

    direction: Float[Tensor, " dim"]
    """Mean of the positive latents less that of the negative ones."""
    n_positive: int
    """Sentences with the attribute."""
    n_negative: int
    """Sentences without it."""
    positive: str = "positive"
    """Name of the label that strength > 0 moves to."""
    negative: str = "negative"
    """Name of the label that strength < 0 moves to."""


def fit_attribute(
    z: Float[Tensor, "n dim"],
    labels: Bool[Tensor, " n"],
    *,
    positive: str = "positive",
    negative: str = "negative",
) -> AttributeVector:
    """Mean difference between the latents where ``labels`` is true and where it is false.

    Raises:
        CorpusError: one of the two groups is empty.
    """
    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    if not n_positive or not n_negative:
        missing = negative if n_positive else positive
        raise CorpusError(f"no sentence has the label '{missing}': an attribute needs both")
    direction = z[labels].mean(0) - z[~labels].mean(0)
    return AttributeVector(direction, n_positive, n_negative, positive, negative)


def apply(
    z: Float[Tensor, "*batch dim"], vector: AttributeVector, strength: float
) -> Float[Tensor, "*batch dim"]:
    """Move latents along the attribute; a negative strength moves them the other way, 0 nowhere.

    Raises:
        CorpusError: the vector was fitted in a space of another size.
    """
    size = len(vector.direction)
    if z.shape[-1] != size:
        raise CorpusError(
            f"the attribute was fitted on {size} numbers and these latents have {z.shape[-1]}: "
            "fit it again with this model and space"
        )
    return z + strength * vector.direction.to(z)
