"""Beam search: the ``N`` likeliest sentences that a beam of width ``K`` finds, with their scores.

    score(x) = log p(x | c) / ((5 + |x|) / 6)^α          (Wu et al., 2016, eq. 14; |x| with its end)

α = 0 compares plain probabilities and favours short sentences; at α = 1 the score is close to nats
a token. The search of a sentence ends when nothing that is still open can beat what it has found.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.corpora.tokenizer import BOS, EOS, PAD
from swae_text.errors import ConfigError
from swae_text.models.autoencoder import SentenceAutoencoder


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
) -> list[list[Hypothesis]]:
    """Search sentences for each code; the best first.

    Args:
        model: stage one, in evaluation mode.
        code: one row a sentence.
        beams: prefixes that are kept at each step.
        n_best: sentences to give for each code; fewer where the beam has not found as many.
        length_penalty: α.

    Raises:
        ConfigError: fewer beams than sentences asked for, or none.
    """
    if not 1 <= n_best <= beams:
        raise ConfigError(f"beams={beams}, n_best={n_best}: give 1 ≤ n_best ≤ beams")
    search = _Search(len(code), beams, n_best, length_penalty, model.config.max_tokens, code.device)
    rows = torch.arange(len(code), device=code.device).repeat_interleave(beams)
    state = [part[rows] for part in model.decoder.start(model.memory(code))]
    tokens = torch.full_like(rows, BOS)
    while len(search.open):
        hidden, state = model.decoder.step(model.embedding(tokens), state)
        log_probs = model.logits(hidden).float().log_softmax(-1)
        log_probs[:, [PAD, BOS]] = -torch.inf
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
    ) -> None:
        self.beams, self.n_best, self.penalty, self.longest = beams, n_best, penalty, longest
        self.found: list[list[Hypothesis]] = [[] for _ in range(sentences)]
        self.open = list(range(sentences))
        self.prefixes: list[list[int]] = [[] for _ in range(sentences * beams)]
        self.log_prob_BK = torch.full((sentences, beams), -torch.inf, device=device)
        self.log_prob_BK[:, 0] = 0.0  # all beams are equal at first: one of them counts
        self.length = 0

    def step(self, log_probs: Tensor) -> tuple[Tensor, Tensor]:
        """Take the next token of every open beam; gives the rows they come from, and the tokens."""
        self.length += 1
        vocab = log_probs.shape[-1]
        total = self.log_prob_BK[..., None] + log_probs.view(len(self.open), self.beams, vocab)
        # of twice as many candidates half at most can end, as each beam has one end
        values, places = total.flatten(1).topk(min(2 * self.beams, self.beams * vocab))
        beam, token = places // vocab, places % vocab
        kept = [
            self._advance(row, *part)
            for row, part in enumerate(
                zip(values.tolist(), beam.tolist(), token.tolist(), strict=True)
            )
        ]
        going = [(row, found) for row, found in enumerate(kept) if found is not None]
        parents = [row * self.beams + place for row, found in going for _, place, _ in found]
        tokens = [token for _, found in going for _, _, token in found]
        self.prefixes = [
            [*self.prefixes[parent], token] for parent, token in zip(parents, tokens, strict=True)
        ]
        self.open = [self.open[row] for row, _ in going]
        self.log_prob_BK = values.new_tensor([[v for v, _, _ in found] for _, found in going])
        return places.new_tensor(parents), places.new_tensor(tokens)

    def _advance(
        self, row: int, values: list[float], beam: list[int], token: list[int]
    ) -> list[tuple[float, int, int]] | None:
        """The prefixes that go on from one sentence's candidates; None where it is finished."""
        found, going = self.found[self.open[row]], list[tuple[float, int, int]]()
        last = self.length == self.longest
        for value, place, piece in zip(values, beam, token, strict=True):
            if piece != EOS and not last:
                going.append((value, place, piece))
            elif value > -torch.inf and piece == EOS:
                prefix = self.prefixes[row * self.beams + place]
                found.append(Hypothesis(prefix, value, self._score(value, self.length)))
        if last and not found:  # nothing has ended in time: what there is, is cut
            prefix = self.prefixes[row * self.beams + beam[0]]
            found.append(Hypothesis(prefix, values[0], self._score(values[0], self.length)))
        found.sort(key=lambda hypothesis: -hypothesis.score)
        del found[self.n_best :]
        going = going[: self.beams]
        if last or (len(found) == self.n_best and self._hopeless(going[0][0], found[-1].score)):
            return None
        return going + [(-torch.inf, 0, EOS)] * (self.beams - len(going))

    def _hopeless(self, best_open: float, worst_found: float) -> bool:
        """Whether no continuation can be found better: log p only falls, the divisor only rises."""
        longest = self.longest if self.penalty > 0 else self.length + 1
        return self._score(best_open, longest) <= worst_found

    def _score(self, log_prob: float, length: int) -> float:
        divisor: float = ((5 + length) / 6) ** self.penalty
        return log_prob / divisor
