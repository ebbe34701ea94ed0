"""Attribute vectors: the direction in which an attribute changes, from labelled latents.

    mean       v = μ₊ - μ₋                    Larsen et al. (2016); White (2016); Shen et al. (2020)
    whitened   v ∝ Σ⁻¹ (μ₊ - μ₋)              Σ: covariance within the two groups (Fisher, 1936)
    logistic   v ∝ w                          p(positive | z) = σ(w·z + b), the probe
    move       z' = z + s · v

Each is scaled to w·v = w·(μ₊ - μ₋): a strength of 1 moves what the probe reads as far as the means
of the groups are apart, so that strengths mean the same for all. The probe comes with every vector.
It says how sure it is before and after, and how far a latent has to go for it to be sure:

    s(z) = (logit p - w·z - b) / w·v     where the probe reads less than p;  0 where it reads more

``slot_probe.py`` has a probe that reads more than a line can, and ``edits.py`` follows it. Several
of other seeds err apart; what convinces one and says nothing does not convince all:

    p(all) = Π σ(l_k)     of the log-odds l_k of each; its gradient climbs on those not convinced

``piece_reader.py`` reads the sentence itself, which an edit has to convince as well.
``values.py`` has the directions of numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from swae_text.errors import ConfigError, CorpusError
from swae_text.latent.edits import Goal
from swae_text.latent.logistic import linear_reader
from swae_text.latent.piece_reader import PieceReader, fit_piece_reader
from swae_text.latent.slot_probe import SlotProbe, fit_slot_probe
from swae_text.latent.values import ValueVector, cosines, growth, held_out

Method: TypeAlias = Literal["mean", "whitened", "logistic"]
METHODS: tuple[Method, ...] = get_args(Method)
PROBES = 2
"""Slot probes of an attribute, where it has any."""
_RIDGE = 1e-3  # of the mean variance, added to Σ so that it can be inverted


@dataclass(frozen=True, eq=False)
class AttributeVector:
    """A direction, the probe beside it, and what they were made from."""

    direction: Float[Tensor, " dim"]
    """What a strength of 1 adds."""
    weight: Float[Tensor, " dim"]
    """``w`` of the probe."""
    bias: float
    """``b`` of the probe."""
    n_positive: int
    """Sentences with the attribute."""
    n_negative: int
    """Sentences without it."""
    accuracy: float
    """Share of held-out sentences (every tenth) that a probe fitted to the others reads rightly."""
    cosines: Mapping[str, float]
    """Cosine of the direction with those of all methods."""
    method: Method = "mean"
    """How the direction was found."""
    positive: str = "positive"
    """Name of the label that strength > 0 moves to."""
    negative: str = "negative"
    """Name of the label that strength < 0 moves to."""
    probes: tuple[SlotProbe, ...] = ()
    """Probes that are no line and can be followed uphill, where they were asked for."""
    probe_accuracy: float | None = None
    """Of these together, on the same held-out sentences."""
    reader: PieceReader | None = None
    """What reads the label in the pieces of a sentence, where it was asked for."""
    reader_accuracy: float | None = None
    """Of this one, on the same held-out sentences."""

    def log_odds(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, " n"]:
        """Log-odds of ``positive``: mean of the slot probes', or the line's if there are none."""
        return self._each(z).mean(0)

    def read(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, " n"]:
        """Probability of ``positive`` that is read from each latent, by ``log_odds``."""
        return self.log_odds(z).sigmoid()

    def goal(self, label: str) -> Goal:
        """Log-odds that every probe is convinced of a label, and the reader, for ``edits.py``.

        Raises:
            ConfigError: a label that the attribute has not.
        """
        sign, reader = self._sign(label), self.reader
        return Goal(
            lambda z: _all_of(sign * self._each(z)),
            None if reader is None else lambda tokens: sign * reader(tokens),
        )

    def _each(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "probes n"]:
        """Log-odds of ``positive`` by each of the better probes that there are."""
        if not self.probes:
            return (z @ self.weight.to(z) + self.bias)[None]
        return torch.stack([probe(z) for probe in self.probes])

    def strength_to(
        self,
        z: Float[Tensor, "n dim"],
        label: str,
        *,
        confidence: float = 0.9,
        leash: float = math.inf,
    ) -> Float[Tensor, " n"]:
        """The least strength at which the linear probe is sure of a label, for each latent.

        Args:
            z: one row a sentence.
            label: ``positive`` or ``negative``.
            confidence: probability of the label that is enough, in (0, 1).
            leash: how far at most, as a share of the length of the latent.

        Returns:
            Strengths, below 0 towards ``negative``; 0 where the probe is sure already.

        Raises:
            ConfigError: a label that the attribute has not, a confidence outside (0, 1), or what
                the probe reads does not grow along the direction.
        """
        sign = self._sign(label)
        if not 0 < confidence < 1:
            raise ConfigError(f"confidence={confidence}: give a probability between 0 and 1")
        wanted = math.log(confidence / (1 - confidence))
        weight = self.weight.to(z)
        missing = (wanted - sign * (z @ weight + self.bias)).clamp_min(0.0)
        return leashed(sign * missing / growth(weight, self.direction), z, self, leash)

    def _sign(self, label: str) -> float:
        """1 towards ``positive``, -1 towards ``negative``."""
        if label not in (self.positive, self.negative):
            raise ConfigError(
                f"label '{label}' is not one of this attribute: {self.negative}, {self.positive}"
            )
        return 1.0 if label == self.positive else -1.0


def fit_attribute(
    z: Float[Tensor, "n dim"],
    labels: Bool[Tensor, " n"],
    *,
    method: Method = "mean",
    positive: str = "positive",
    negative: str = "negative",
    slots: int | None = None,
    probes: int = PROBES,
    tokens: Sequence[Sequence[int]] | None = None,
    vocab_size: int = 0,
    generator: torch.Generator | None = None,
) -> AttributeVector:
    """Find the direction from the latents where ``labels`` is false to those where it is true.

    Args:
        z: one row a sentence.
        labels: which of them have the attribute.
        method: how the direction is found.
        positive: name of the attribute.
        negative: name of its absence.
        slots: train ``SlotProbe`` of so many slots beside it; None: the line alone.
        probes: how many of them, 1 or more.
        tokens: the same sentences in pieces, to train ``PieceReader`` as well; None: it is not.
        vocab_size: pieces there are.
        generator: draws what they need.

    Raises:
        CorpusError: one of the two groups is empty.
    """
    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    if not n_positive or not n_negative:
        missing = negative if n_positive else positive
        raise CorpusError(f"no sentence has the label '{missing}': an attribute needs both")
    weight, bias = _probe(z, labels)
    found = _directions(z, labels, weight)
    direction = found[method]
    made = AttributeVector(
        direction,
        weight,
        bias,
        n_positive,
        n_negative,
        accuracy=_held_out_accuracy(z, labels),
        cosines=cosines(direction, found.items()),
        method=method,
        positive=positive,
        negative=negative,
    )
    out = held_out(len(z), z.device)
    if tokens is not None:
        seen, unseen = (
            [tokens[row] for row in part.nonzero()[:, 0].tolist()] for part in (~out, out)
        )
        reader = fit_piece_reader(seen, labels[~out], vocab_size)
        accuracy = _right(reader(unseen), labels[out])
        made = replace(made, reader=reader, reader_accuracy=accuracy)
    if slots is None:
        return made
    generator = generator or torch.Generator().manual_seed(0)
    made = replace(
        made,
        probes=tuple(
            fit_slot_probe(z[~out], labels[~out], slots, generator=generator) for _ in range(probes)
        ),
    )
    with torch.inference_mode():
        return replace(made, probe_accuracy=_right(made.log_odds(z[out]), labels[out]))


def apply(
    z: Float[Tensor, "n dim"],
    vector: AttributeVector | ValueVector,
    strength: float | Float[Tensor, " n"],
) -> Float[Tensor, "n dim"]:
    """Move latents along the attribute; a negative strength moves them the other way, 0 nowhere.

    Args:
        z: one row a sentence.
        vector: where to.
        strength: one for all, or one a row.

    Raises:
        CorpusError: the vector was fitted in a space of another size.
    """
    size = len(vector.direction)
    if z.shape[-1] != size:
        raise CorpusError(
            f"the attribute was fitted on {size} numbers and these latents have {z.shape[-1]}: "
            "fit it again with this model and space"
        )
    return z + torch.as_tensor(strength, dtype=z.dtype).to(z)[..., None] * vector.direction.to(z)


def leashed(
    strength: Float[Tensor, " n"],
    z: Float[Tensor, "n dim"],
    vector: AttributeVector | ValueVector,
    leash: float,
) -> Float[Tensor, " n"]:
    """Strengths that move no latent further than ``leash`` times its length."""
    most = leash * z.norm(dim=1) / vector.direction.norm().to(z)
    return strength.clamp(-most, most)


def orthogonal(directions: Sequence[Float[Tensor, " dim"]]) -> list[Float[Tensor, " dim"]]:
    """Each direction without what lies in the span of the others.

    Moving along one then leaves the projections on the others where they were.

    Raises:
        ConfigError: a direction lies wholly in the span of the others, so that nothing is left.
    """
    kept = []
    for place, direction in enumerate(directions):
        others = torch.stack([*directions[:place], *directions[place + 1 :]]).T
        fitted = others @ torch.linalg.lstsq(others, direction[:, None]).solution
        rest = direction - fitted[:, 0]
        if rest.norm() <= 1e-4 * direction.norm():
            raise ConfigError(
                f"attribute {place + 1} points where the others do: orthogonal to them nothing "
                "is left of it"
            )
        kept.append(rest)
    return kept


def _right(log_odds: Float[Tensor, " n"], labels: Bool[Tensor, " n"]) -> float:
    """Share of labels that are read rightly."""
    return ((log_odds > 0) == labels).double().mean().item()


def _all_of(log_odds: Float[Tensor, "probes n"]) -> Float[Tensor, " n"]:
    """Log-odds of the product of probabilities; one probe's are its own."""
    if len(log_odds) == 1:
        return log_odds[0]
    nats = functional.logsigmoid(log_odds).sum(0).clamp_max(-1e-6)  # 0 would be infinitely sure
    return nats - torch.log(-torch.expm1(nats))


def _probe(
    z: Float[Tensor, "n dim"], labels: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, " dim"], float]:
    """Weight and bias of the logistic probe, in the units of the latents."""
    weight, bias = linear_reader(z, labels.long())
    return weight[1] - weight[0], float(bias[1] - bias[0])


def _held_out_accuracy(z: Float[Tensor, "n dim"], labels: Bool[Tensor, " n"]) -> float:
    """Of a probe that has not seen them; that of the larger group where a part has one label."""
    out = held_out(len(z), z.device)
    if len(set(labels[~out].tolist())) < 2:
        return max(labels.double().mean().item(), 1 - labels.double().mean().item())
    weight, bias = _probe(z[~out], labels[~out])
    return ((z[out] @ weight + bias > 0) == labels[out]).double().mean().item()


def _directions(
    z: Float[Tensor, "n dim"], labels: Bool[Tensor, " n"], weight: Float[Tensor, " dim"]
) -> dict[Method, Float[Tensor, " dim"]]:
    """The direction of every method, all of one length in the eyes of the probe."""
    above, below = z[labels], z[~labels]
    mean = above.mean(0) - below.mean(0)
    centred = torch.cat([above - above.mean(0), below - below.mean(0)])
    within = centred.T @ centred / len(z)
    ridge = _RIDGE * within.diagonal().mean().clamp_min(torch.finfo(z.dtype).eps)
    whitened = torch.linalg.solve(within + ridge * torch.eye(z.shape[1]).to(z), mean)
    far = weight @ mean
    return {
        "mean": mean,
        "whitened": whitened * (far / (weight @ whitened)),
        "logistic": weight * (far / weight.square().sum().clamp_min(torch.finfo(z.dtype).tiny)),
    }
