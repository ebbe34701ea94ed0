"""Edits to a target: of the sentences on the way uphill, the nearest that says what is wanted.

    z ← z + η ĝ,   g = m ⊙ ∇ Σ log σ(goal(z))       steps of one length, in the slots of a mask m
    x̂ = argmin |E(x) - z|   over x = D(point of a way)   with  min over goals of σ(goal(E(x))) ≥ p

A goal gives the log-odds of what is wanted, by the vector and perhaps by the pieces of x as well;
then both have to be sure, as they err apart (``piece_reader.py``). Several ways are walked from
each sentence, side by side: one moves all slots, others the few with the steepest gradient, others
one slot alone, so that a word can change and the rest stay. What a point says is encoded again and
judged by that: a step that convinces the probe and changes no word is no edit. Beside it stands the
source with just those words changed (``merge.py``), so that an edit need not cost what decoding
loses; and of the nearest that are sure, changes are undone one by one as long as they stay it.
Words that are banned or required hold for all of these: a source that does not keep to them is not
left as it is, however sure, and what its own vector says is the first that may stand for it.
Gradient steps on a latent towards a classifier: Wang et al. (2019, "Controllable unsupervised text
attribute transfer"); the choice by a round trip is that of ``generation/candidates.py``.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from swae_text.errors import ConfigError
from swae_text.latent.merge import merges, reverts


@dataclass(frozen=True)
class Goal:
    """What is wanted of a sentence."""

    of_vector: Callable[[Tensor], Tensor]
    """Vectors ``[n, dim]`` to log-odds ``[n]``; what steps go uphill on."""
    of_pieces: Callable[[Sequence[Sequence[int]]], Tensor] | None = None
    """Sentences in pieces to log-odds ``[n]``, where these are read, too."""


Propose: TypeAlias = Callable[[Tensor], list[list[str]]]
"""Vectors to what each may say: one sentence, or all that a beam search finds."""
Encode: TypeAlias = Callable[[list[str]], Tensor]
"""Sentences to vectors."""
Tokenise: TypeAlias = Callable[[list[str]], Sequence[Sequence[int]]]
"""Sentences to pieces."""

STEP = 0.02
"""Length of a step, as a share of the length of the source's vector."""
EVERY = 3
"""Steps from one point that is decoded to the next."""
LEASH = 1.2
"""The longest way, as a share of the same: a change of two words is further than its length."""
TRIMMED = 4
"""Sentences, the nearest that are sure, of which changes are undone at once."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that was met on the way, or the source itself."""

    text: str
    surety: float
    """Probability of what is wanted, read from it encoded again, and from its pieces by goals that
    read them; the least of all."""
    distance: float
    """From the vector of the source to its own."""
    allowed: bool = True
    """Whether it may be chosen; a source may not where it does not keep to the words asked for."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of one sentence."""

    text: str
    """The sentence chosen; the source itself where it says already what is wanted."""
    before: float
    """Probability of what is wanted, read from the source; the least of all readers."""
    after: float
    """The same, read from the chosen sentence encoded again."""
    distance: float
    """From the vector of the source to that of the chosen sentence."""
    reached: bool
    """Whether ``after`` is as high as was asked for."""


def choose(said: Sequence[Said], confidence: float) -> Edit:
    """Of what was said on the way (the source first), the nearest that is sure, or the surest.

    The source all the same where it is all that there is.
    """
    sure = [one for one in said if _is_sure(one, confidence)]
    most = max(said, key=lambda one: (one.allowed, one.surety))
    best = min(sure, key=_distance) if sure else most
    return Edit(best.text, said[0].surety, best.surety, best.distance, bool(sure))


def uphill(
    texts: Sequence[str],
    goals: Sequence[Goal],
    *,
    propose: Propose,
    encode: Encode,
    tokenise: Tokenise,
    allowed: Callable[[list[str]], list[bool]],
    slots: int = 1,
    confidence: float = 0.9,
    leash: float = LEASH,
    merged: bool = True,
) -> list[list[Said]]:
    """All that is said on the ways uphill from each sentence; the sentence itself comes first.

    All ways end where nothing nearer can be found that is as sure as ``confidence``, so ``choose``
    may be asked for that or less.

    Args:
        texts: the sources.
        goals: what is wanted of all of them.
        propose: vectors to sentences, one or several for each.
        encode: sentences to vectors.
        tokenise: sentences to pieces.
        allowed: which sentences may be chosen: they can be encoded, and hold the words asked for.
        slots: parts of a vector that can be moved alone; 1: only as a whole.
        confidence: probability of each goal that is enough, in (0, 1).
        leash: the longest way, as a share of the length of the source's vector.
        merged: whether each edit is also tried on the source's own words.

    Raises:
        ConfigError: no goal, a confidence outside (0, 1), or a leash below 0 or without an end.
    """
    if not goals or not 0 < confidence < 1 or not 0 <= leash < math.inf:
        raise ConfigError(
            f"{len(goals)} goals, confidence={confidence}, leash={leash}: give a goal or more, a "
            "probability between 0 and 1, and a finite leash of 0 or more"
        )
    if not texts:
        return []
    z = encode(list(texts))
    sure = surety(z, tokenise(list(texts)), goals).tolist()
    sources = zip(texts, sure, allowed(list(texts)), strict=True)
    said = [[Said(text, own, 0.0, kept)] for text, own, kept in sources]
    near = [0.0 if _is_sure(one, confidence) else math.inf for (one,) in said]
    rows = [row for row, far in enumerate(near) if far]
    if not rows:
        return said

    def read(proposed: Mapping[int, Sequence[str]]) -> None:
        for row, one in _read(_unseen(proposed, said), z, goals, encode, tokenise, allowed):
            said[row].append(one)
            if one.surety >= confidence:
                near[row] = min(near[row], one.distance)

    unkept = [row for row in rows if not said[row][0].allowed]
    bases: dict[int, list[str]] = {}
    if merged or unkept:
        bases = dict(zip(rows, propose(z[rows]), strict=True))
        read({row: bases[row] for row in unkept})
    masks = _ways(z[rows], goals, slots)
    for going, points in _walk(z, rows * len(masks), masks.flatten(0, 1), goals, leash, near):
        proposed: dict[int, list[str]] = {row: [] for row in going}
        for row, made in zip(going, propose(points), strict=True):
            proposed[row] += made
            if merged:
                proposed[row] += [
                    new for one in made for new in merges(bases[row][0], texts[row], one)
                ]
        read(proposed)
    return said


def trimmed(
    said: Sequence[Sequence[Said]],
    goals: Sequence[Goal],
    *,
    encode: Encode,
    tokenise: Tokenise,
    allowed: Callable[[list[str]], list[bool]],
    confidence: float,
) -> list[list[Said]]:
    """The same, and the sure ones with such of their changes undone as they do not need.

    Args:
        said: what ``uphill`` has found, the sources first.
        goals: as there.
        encode: as there.
        tokenise: as there.
        allowed: as there.
        confidence: what ``choose`` will be asked for.
    """
    found = [list(own) for own in said]
    rows = [row for row, (source, *_) in enumerate(found) if not _is_sure(source, confidence)]
    if not rows:
        return found
    z = dict(zip(rows, encode([found[row][0].text for row in rows]), strict=True))
    while True:
        proposed = {
            row: [
                less for one in _sure(found[row], confidence) for less in reverts(source, one.text)
            ]
            for row, source in ((row, found[row][0].text) for row in rows)
        }
        if not (new := _unseen(proposed, found)):
            return found
        read = list(_read(new, z, goals, encode, tokenise, allowed))
        for row, one in read:
            found[row].append(one)
        gained = {row for row, one in read if one.surety >= confidence}
        rows = [row for row in rows if row in gained]


def _sure(said: Sequence[Said], confidence: float) -> list[Said]:
    """The nearest few that are sure."""
    return sorted((one for one in said if _is_sure(one, confidence)), key=_distance)[:TRIMMED]


def _is_sure(one: Said, confidence: float) -> bool:
    """Whether it is sure enough, and may be chosen."""
    return one.allowed and one.surety >= confidence


def surety(
    z: Float[Tensor, "n dim"], tokens: Sequence[Sequence[int]], goals: Sequence[Goal]
) -> Float[Tensor, " n"]:
    """Probability of what is least sure of all goals, by vectors and pieces, in [0, 1]."""
    told = [goal.of_vector(z) for goal in goals]
    told += [goal.of_pieces(tokens).to(z) for goal in goals if goal.of_pieces is not None]
    return torch.stack(told).sigmoid().amin(0)


def _ways(
    z: Float[Tensor, "n dim"], goals: Sequence[Goal], slots: int
) -> Bool[Tensor, "ways n dim"]:
    """Masks of the numbers that each way may move: all; the steepest slots; each slot alone."""
    width, everything = z.shape[1] // slots, torch.ones_like(z, dtype=torch.bool)
    if slots == 1:
        return everything[None]
    steepness = _gradient(z, goals).view(len(z), slots, width).norm(dim=2)
    order = steepness.argsort(dim=1, descending=True)
    ranks = order.argsort(dim=1)  # 0: the steepest
    few = [ranks < count for count in range(2, slots // 2 + 1)]
    alone = [ranks == rank for rank in range(slots)]
    moved = [chosen.repeat_interleave(width, dim=1) for chosen in (*few, *alone)]
    return torch.stack([everything, *moved])


def _walk(
    z: Float[Tensor, "n dim"],
    rows: list[int],
    masks: Bool[Tensor, "walkers dim"],
    goals: Sequence[Goal],
    leash: float,
    near: Sequence[float],
) -> Iterator[tuple[list[int], Float[Tensor, "going dim"]]]:
    """Points on all ways: each time the rows that can still gain, once a way, and where they are.

    ``rows`` says whose way each mask is of. ``near`` is the distance of the nearest sentence that
    is sure so far, for each row; the caller lowers it.
    """
    here = z[rows]
    stride = STEP * here.norm(dim=1, keepdim=True)
    lengths, going = stride[:, 0].tolist(), list(range(len(rows)))
    for step in range(1, int(leash / STEP) + 1):
        going = [walker for walker in going if near[rows[walker]] > step * lengths[walker]]
        if not going:
            return
        climb = _gradient(here[going], goals) * masks[going]
        here[going] += stride[going] * functional.normalize(climb, dim=1)
        if step % EVERY == 0:
            yield [rows[walker] for walker in going], here[going]


def _gradient(z: Float[Tensor, "n dim"], goals: Sequence[Goal]) -> Float[Tensor, "n dim"]:
    """Of the sum over goals of the log-probability."""
    with torch.inference_mode(False), torch.enable_grad():
        z = z.clone().requires_grad_(True)
        nats = torch.stack([functional.logsigmoid(goal.of_vector(z)).sum() for goal in goals]).sum()
        (gradient,) = torch.autograd.grad(nats, z)
    return gradient


def _unseen(
    proposed: Mapping[int, Sequence[str]], said: Sequence[Sequence[Said]]
) -> list[tuple[int, str]]:
    """Rows and the sentences that are new to them; nothing is no sentence."""
    new = []
    for row, texts in proposed.items():
        seen = {one.text for one in said[row]}
        new += [(row, text) for text in dict.fromkeys(texts) if text.strip() and text not in seen]
    return new


def _read(
    new: list[tuple[int, str]],
    z: Float[Tensor, "n dim"] | Mapping[int, Tensor],
    goals: Sequence[Goal],
    encode: Encode,
    tokenise: Tokenise,
    allowed: Callable[[list[str]], list[bool]],
) -> Iterator[tuple[int, Said]]:
    """Encode what is new and allowed, and say how sure of it and how far away it is."""
    fits = allowed([text for _, text in new])
    new = [pair for pair, fit in zip(new, fits, strict=True) if fit]
    if new:
        texts = [text for _, text in new]
        own = encode(texts)
        far = (own - torch.stack([z[row] for row, _ in new])).norm(dim=1).tolist()
        sure = surety(own, tokenise(texts), goals).tolist()
        for (row, text), probability, away in zip(new, sure, far, strict=True):
            yield row, Said(text, probability, away)


def _distance(one: Said) -> float:
    return one.distance
