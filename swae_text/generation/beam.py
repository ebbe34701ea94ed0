"""Beam search: the ``N`` likeliest sentences that a beam of width ``K`` finds, with their scores.

    score(x) = log p(x | c) / ((5 + |x|) / 6)^α          (Wu et al., 2016, eq. 14; |x| with its end)

α = 0 compares plain probabilities and favours short sentences; at α = 1 the score is close to nats
a token. The search of a sentence ends when nothing that is still open can beat what it has found.
Pieces that constraints forbid have no probability; required words share out the beam.
"""

from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.corpora.tokenizer import BOS, EOS, PAD
from swae_text.errors import ConfigError
from swae_text.generation.banned import BEGIN, BannedWords, look_ahead
from swae_text.generation.constraints import FREE, Constraints
from swae_text.generation.guidance import Writer
from swae_text.generation.required import NOTHING, RequiredWords, allocate
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.nn.base import DecoderState

Candidate: TypeAlias = tuple[float, int, int]
"""Nats of a prefix with its next token, which of the beams the prefix is, and the token."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One sentence that the decoder might have meant."""

    tokens: list[int]
    """Without begin and end."""
    log_prob: float
    """Nats of the whole sentence, its end included; at most 0."""
    score: float
    """The same, normalised for length: what hypotheses are sorted by."""


@torch.inference_mode()
def beam_search(
    model: SentenceAutoencoder,
    code: Float[Tensor, "batch code"],
    *,
    beams: int = 5,
    n_best: int = 1,
    length_penalty: float = 1.0,
    guidance: float = 1.0,
    constraints: Constraints = FREE,
) -> list[list[Hypothesis]]:
    """Search sentences for each code; the best first.

    Args:
        model: stage one, in evaluation mode.
        code: one row a sentence.
        beams: prefixes that are kept at each step.
        n_best: sentences to give for each code; fewer where the beam has not found as many.
        length_penalty: α.
        guidance: γ of ``guidance.py``; the nats are then those of the mixture.
        constraints: words that no sentence or every sentence holds.

    Raises:
        ConfigError: fewer beams than sentences asked for, or none; required words that are too long
            for this model, or that banned ones leave no place for.
    """
    if not 1 <= n_best <= beams:
        raise ConfigError(f"beams={beams}, n_best={n_best}: give 1 ≤ n_best ≤ beams")
    longest = model.config.max_tokens
    if constraints.required is not None:
        constraints.required.check_length(longest)
    search = _Search(len(code), beams, n_best, length_penalty, longest, code.device, constraints)
    rows = torch.arange(len(code), device=code.device).repeat_interleave(beams)
    writer = Writer(model, guidance)
    state = [part[rows] for part in writer.start(code)]
    tokens = torch.full_like(rows, BOS)
    while len(search.open):
        scores, state = writer.step(tokens, state)
        log_probs = scores.log_softmax(-1)
        log_probs[:, [PAD, BOS]] = -torch.inf
        if constraints is not FREE:
            search.constrain(log_probs, writer, state)
        parents, tokens = search.step(log_probs)
        state = [part[parents] for part in state]
    return search.found


class _Search:
    """The open prefixes of every sentence, and the sentences that have ended."""

    def __init__(
        self,
        sentences: int,
        beams: int,
        n_best: int,
        penalty: float,
        longest: int,
        device: torch.device,
        constraints: Constraints,
    ) -> None:
        self.beams, self.n_best, self.penalty, self.longest = beams, n_best, penalty, longest
        self.found: list[list[Hypothesis]] = [[] for _ in range(sentences)]
        self.open = list(range(sentences))
        self.prefixes: list[list[int]] = [[] for _ in range(sentences * beams)]
        self.log_prob_BK = torch.full((sentences, beams), -torch.inf, device=device)
        self.log_prob_BK[:, 0] = 0.0  # all beams are equal at first: one of them counts
        self.length = 0
        self.banned, self.required = constraints.banned, constraints.required
        self.texts, self.progress = [BEGIN] * len(self.prefixes), [NOTHING] * len(self.prefixes)

    def constrain(self, log_probs: Tensor, writer: Writer, state: DecoderState) -> None:
        """Take away, in place, the tokens that may not come next."""
        left = self.longest - self.length - 1  # steps after this one
        if self.required is not None:
            late = self.required.too_late(self.progress, left)
            log_probs.masked_fill_(late.to(log_probs.device), -torch.inf)
        if self.banned is not None:
            forbidden = self.banned.forbidden(self.texts)
            log_probs.masked_fill_(forbidden.to(log_probs.device), -torch.inf)
            if left:
                self._refuse_open(self.banned, log_probs, writer, state)

    def step(self, log_probs: Tensor) -> tuple[Tensor, Tensor]:
        """Take the next token of every open beam; gives the rows they come from, and the tokens."""
        candidates = self._candidates(log_probs)
        self.length += 1
        kept = [self._advance(row, ranked) for row, ranked in enumerate(candidates)]
        going = [(row, found) for row, found in enumerate(kept) if found is not None]
        parents = [row * self.beams + place for row, found in going for _, place, _ in found]
        tokens = [token for _, found in going for _, _, token in found]
        taken = list(zip(parents, tokens, strict=True))
        self.prefixes = [[*self.prefixes[parent], token] for parent, token in taken]
        if self.banned is not None:
            self.texts = [self.banned.after(self.texts[parent], token) for parent, token in taken]
        if self.required is not None:
            self.progress = [self.required.after(self.progress[row], token) for row, token in taken]
        self.open = [self.open[row] for row, _ in going]
        self.log_prob_BK = log_probs.new_tensor([[v for v, _, _ in found] for _, found in going])
        rows = torch.tensor(taken, dtype=torch.long, device=log_probs.device).view(-1, 2)
        return rows[:, 0], rows[:, 1]

    def _candidates(self, log_probs: Tensor) -> list[list[Candidate]]:
        """What each sentence might go on with, the best first."""
        vocab = log_probs.shape[-1]
        total = self.log_prob_BK[..., None] + log_probs.view(len(self.open), self.beams, vocab)
        # of twice as many candidates half at most can end, as each beam has one end
        values, places = total.flatten(1).topk(min(2 * self.beams, self.beams * vocab))
        ranked = [
            list(zip(*part, strict=True))
            for part in zip(
                values.tolist(), (places // vocab).tolist(), (places % vocab).tolist(), strict=True
            )
        ]
        if self.required is None:
            return ranked
        best = total.argmax(-1).flatten().tolist()
        more = [
            (row, token)
            for row, progress in enumerate(self.progress)
            for token in {best[row], *self.required.next(progress)}
        ]
        rows, tokens = torch.tensor(more, device=total.device).unbind(1)
        for (row, token), value in zip(
            more, total.flatten(0, 1)[rows, tokens].tolist(), strict=True
        ):
            ranked[row // self.beams].append((value, row % self.beams, token))
        return [sorted(set(row), reverse=True) for row in ranked]

    def _advance(self, row: int, ranked: list[Candidate]) -> list[Candidate] | None:
        """The prefixes that go on from one sentence's candidates; None where it is finished."""
        found, going = self.found[self.open[row]], list[Candidate]()
        last = self.length == self.longest
        for value, place, piece in ranked:
            if value == -torch.inf:
                continue
            if piece == EOS:
                prefix = self.prefixes[row * self.beams + place]
                found.append(Hypothesis(prefix, value, self._score(value, self.length)))
            elif not last:
                going.append((value, place, piece))
        if not going and not found:  # nothing has ended in time
            found.append(self._cut(row, *ranked[0]))
        found.sort(key=lambda hypothesis: -hypothesis.score)
        del found[self.n_best :]
        going = (
            going[: self.beams] if self.required is None else self._dealt(row, going, self.required)
        )
        if not going or (
            len(found) == self.n_best and self._hopeless(going[0][0], found[-1].score)
        ):
            return None
        return going + [(-torch.inf, 0, EOS)] * (self.beams - len(going))

    def _cut(self, row: int, value: float, place: int, piece: int) -> Hypothesis:
        """What there is when the length limit comes before an end."""
        if self.required is not None:
            raise ConfigError(
                "banned words leave no place for the required ones within the "
                f"{self.longest - 1} pieces that this model writes: ban or require fewer"
            )
        prefix = self.prefixes[row * self.beams + place]
        kept = prefix if self.banned is None else self.banned.cut(prefix)
        return Hypothesis(kept, value, self._score(value, self.length))

    def _dealt(self, row: int, going: list[Candidate], required: RequiredWords) -> list[Candidate]:
        """The best candidates of each bank: as many pieces of the required words, one bank."""
        banks: list[list[Candidate]] = [[] for _ in range(required.pieces + 1)]
        for value, place, piece in going:
            progress = required.after(self.progress[row * self.beams + place], piece)
            banks[-1 - required.missing(progress)].append((value, place, piece))
        places = allocate([len(bank) for bank in banks], self.beams)
        return sorted(
            (one for bank, n in zip(banks, places, strict=True) for one in bank[:n]), reverse=True
        )

    def _refuse_open(
        self,
        banned: BannedWords,
        log_probs: Tensor,
        writer: Writer,
        state: DecoderState,
    ) -> None:
        """Take away candidates that end in a banned word which the model would not go on with."""
        judged: set[tuple[int, int]] = set()
        while unsure := self._open_words(banned, log_probs) - judged:
            judged |= unsure
            pairs = sorted(unsure)
            rows, tokens = torch.tensor(pairs, device=log_probs.device).unbind(1)
            following = look_ahead(writer, state, rows, tokens).argmax(-1).tolist()
            for (row, token), after in zip(pairs, following, strict=True):
                if banned.ends(banned.after(self.texts[row], token), after):
                    log_probs[row, token] = -torch.inf

    def _open_words(self, banned: BannedWords, log_probs: Tensor) -> set[tuple[int, int]]:
        """Rows and tokens of candidates that end in a banned word; none that a required one needs.

        ``foods`` may be required where ``food`` is banned.
        """
        pairs = {
            (row * self.beams + place, token)
            for row, ranked in enumerate(self._candidates(log_probs))
            for value, place, token in ranked
            if value > -torch.inf
        }
        return {
            (row, token)
            for row, token in pairs
            if banned.leaves_open(self.texts[row], token)
            and not (self.required and token in self.required.next(self.progress[row]))
        }

    def _hopeless(self, best_open: float, worst_found: float) -> bool:
        """Whether no continuation can be found better: log p only falls, the divisor only rises."""
        longest = self.longest if self.penalty > 0 else self.length + 1
        return self._score(best_open, longest) <= worst_found

    def _score(self, log_prob: float, length: int) -> float:
        divisor: float = ((5 + length) / 6) ** self.penalty
        return log_prob / divisor
