"""Has a model collapsed? Two signs that cost next to nothing at a look at the validation split.

    active   = share of d with Var_x E[z_d | x] > 0.01      (Burda et al., 2016, arXiv 1509.00519)
    distinct = (sentences written - 1) / (sentences read - 1), each sentence counted once

A posterior that says nothing of its sentence, and codes that are all the same, have no active
unit. A decoder that reads nothing from its code writes one sentence for all.
"""

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from torch import Tensor

from swae_text.metrics.latent import ACTIVE

_LEAST_ACTIVE, _LEAST_DISTINCT = 0.05, 0.05


def signs(
    z: Float[Tensor, "n dim"], read: Sequence[str], written: Sequence[str]
) -> dict[str, float]:
    """Both signs in [0, 1], of sentences, what they were encoded to (means), and what came back."""
    if len(read) < 2:
        return {"valid_active": 1.0, "valid_distinct": 1.0}  # one sentence tells nothing
    active = (z.var(0, correction=0) > ACTIVE).float().mean().item()
    distinct = (len(set(written)) - 1) / max(1, len(set(read)) - 1)
    return {"valid_active": active, "valid_distinct": min(1.0, distinct)}


def describe(metrics: Mapping[str, float]) -> str | None:
    """A line for the reader where a look shows a collapse; None where it does not."""
    active, distinct = metrics.get("valid_active", 1.0), metrics.get("valid_distinct", 1.0)
    if active < _LEAST_ACTIVE:
        return (
            f"collapse: {100 * active:.2g} % of the units depend on the sentence; if that stays "
            "so, weigh the divergence less, or anneal it for longer"
        )
    if distinct < _LEAST_DISTINCT:
        return (
            f"collapse: the decoder writes {100 * distinct:.2g} % as many sentences as it reads; "
            "if that stays so, give the code more weight (model.bag_of_words) or less noise"
        )
    return None
