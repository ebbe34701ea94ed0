"""Edits to a target: of the sentences on the way uphill, the nearest that says what is wanted.

    z ← z + η ĝ,   g = m ⊙ ∇ Σ log σ(goal(z))       steps of one length, in the slots of a mask m
    x̂ = argmin |E(x) - z|   over x = D(point of a way)   with  min over goals of σ(goal(E(x))) ≥ p

A goal gives the log-odds of what is wanted. Several ways are walked from each sentence: one moves
all slots, others the few with the steepest gradient, others one slot alone, so that a word can
change and the rest stay. What a point says is encoded again and judged by that: a step that
convinces the probe and changes no word is no edit. Gradient steps on a latent towards a classifier:
Wang et al. (2019, "Controllable unsupervised text attribute transfer"); the choice by a round trip
is that of ``generation/candidates.py``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from swae_text.errors import ConfigError

Goal: TypeAlias = Callable[[Tensor], Tensor]
"""Vectors ``[n, dim]`` to the log-odds ``[n]`` of what is wanted."""
Propose: TypeAlias = Callable[[Tensor], list[list[str]]]
"""Vectors to what each may say: one sentence, or all that a beam search finds."""
Encode: TypeAlias = Callable[[list[str]], Tensor]
"""Sentences to vectors."""

STEP = 0.02
"""Length of a step, as a share of the length of the source's vector."""
EVERY = 3
"""Steps from one point that is decoded to the next."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of one sentence."""

    text: str
    """The sentence chosen; the source itself where it says already what is wanted."""
    before: float
    """Probability of what is wanted, read from the source; the least over the goals."""
    after: float
    """The same, read from the chosen sentence encoded again."""
    distance: float
    """From the vector of the source to that of the chosen sentence."""
    reached: bool
    """Whether ``after`` is as high as was asked for."""


@dataclass(slots=True)
class _Best:
    """The best sentence so far for one source, and all that were looked at."""

    text: str
    surety: float
    distance: float
    seen: set[str]


def edit(
    texts: Sequence[str],
    goals: Sequence[Goal],
    *,
    propose: Propose,
    encode: Encode,
    readable: Callable[[list[str]], list[bool]],
    slots: int = 1,
    confidence: float = 0.9,
    leash: float = 0.8,
) -> list[Edit]:
    """Change each sentence until every goal is met, and no more than that takes.

    Args:
        texts: the sources.
        goals: what is wanted of all of them.
        propose: vectors to sentences, one or several for each.
        encode: sentences to vectors.
        readable: which sentences are short enough to be encoded.
        slots: parts of a vector that can be moved alone; 1: only as a whole.
        confidence: probability of each goal that is enough, in (0, 1).
        leash: the longest way, as a share of the length of the source's vector.

    Raises:
        ConfigError: no goal, a confidence outside (0, 1), or a leash below 0.
    """
    if not goals or not 0 < confidence < 1 or leash < 0:
        raise ConfigError(
            f"{len(goals)} goals, confidence={confidence}, leash={leash}: give a goal or more, a "
            "probability between 0 and 1, and a leash of 0 or more"
        )
    if not texts:
        return []
    z = encode(list(texts))
    before = surety(z, goals).tolist()
    found = [_Best(text, sure, 0.0, {text}) for text, sure in zip(texts, before, strict=True)]
    stride = STEP * z.norm(dim=1, keepdim=True)

    def left(rows: list[int], steps: int) -> list[int]:
        """Rows that can still gain: not sure yet, or sure at a sentence further than this."""
        walked = (steps * stride[rows, 0]).tolist()
        return [
            row
            for row, far in zip(rows, walked, strict=True)
            if found[row].surety < confidence or found[row].distance > far
        ]

    rows = left(list(range(len(texts))), 0)
    for way in _ways(z[rows], goals, slots) if rows else ():
        mask = torch.zeros_like(z, dtype=torch.bool)
        mask[rows] = way
        here, going = z.clone(), rows
        for step in range(1, int(leash / STEP) + 1):
            going = left(going, step)
            if not going:
                break
            uphill = _gradient(here[going], goals) * mask[going]
            here[going] += stride[going] * functional.normalize(uphill, dim=1)
            if step % EVERY == 0:
                proposed = zip(going, propose(here[going]), strict=True)
                new = _unseen(proposed, found)
                fits = readable([text for _, text in new])
                read = [pair for pair, fit in zip(new, fits, strict=True) if fit]
                _judge(read, z, goals, encode, found, confidence)
    return [
        Edit(best.text, old, best.surety, best.distance, best.surety >= confidence)
        for best, old in zip(found, before, strict=True)
    ]


def surety(z: Float[Tensor, "n dim"], goals: Sequence[Goal]) -> Float[Tensor, " n"]:
    """Probability of the goal that is least sure, in [0, 1]."""
    return torch.stack([goal(z).sigmoid() for goal in goals]).amin(0)


def _ways(
    z: Float[Tensor, "n dim"], goals: Sequence[Goal], slots: int
) -> Iterator[Bool[Tensor, "n dim"]]:
    """Masks of the numbers that each way may move: all; the steepest slots; each slot alone."""
    width = z.shape[1] // slots
    yield torch.ones_like(z, dtype=torch.bool)
    if slots == 1:
        return
    steepness = _gradient(z, goals).view(len(z), slots, width).norm(dim=2)
    order = steepness.argsort(dim=1, descending=True)
    ranks = order.argsort(dim=1)  # 0: the steepest
    for count in range(2, slots // 2 + 1):
        yield (ranks < count).repeat_interleave(width, dim=1)
    for rank in range(slots):
        yield (ranks == rank).repeat_interleave(width, dim=1)


def _gradient(z: Float[Tensor, "n dim"], goals: Sequence[Goal]) -> Float[Tensor, "n dim"]:
    """Of the sum over goals of the log-probability."""
    with torch.inference_mode(False), torch.enable_grad():
        z = z.clone().requires_grad_(True)
        nats = torch.stack([functional.logsigmoid(goal(z)).sum() for goal in goals]).sum()
        (gradient,) = torch.autograd.grad(nats, z)
    return gradient


def _unseen(proposed: Iterable[tuple[int, list[str]]], found: list[_Best]) -> list[tuple[int, str]]:
    """Rows and the sentences that are new to them, which from now on are not."""
    new = []
    for row, texts in proposed:
        fresh = [text for text in dict.fromkeys(texts) if text not in found[row].seen]
        found[row].seen.update(fresh)
        new += [(row, text) for text in fresh]
    return new


def _judge(
    new: list[tuple[int, str]],
    z: Float[Tensor, "n dim"],
    goals: Sequence[Goal],
    encode: Encode,
    found: list[_Best],
    confidence: float,
) -> None:
    """Encode new sentences and keep what is better: sure and nearer, or else surer."""
    if not new:
        return
    own = encode([text for _, text in new])
    far = (own - z[[row for row, _ in new]]).norm(dim=1).tolist()
    for (row, text), sure, distance in zip(new, surety(own, goals).tolist(), far, strict=True):
        best = found[row]
        enough = sure >= confidence and (best.surety < confidence or distance < best.distance)
        if enough or (sure > best.surety and best.surety < confidence):
            best.text, best.surety, best.distance = text, sure, distance
