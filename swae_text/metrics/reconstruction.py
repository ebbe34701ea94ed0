"""How much of a sentence survives the way through the space: BLEU and exact match.

    BLEU = BP · exp(Σₙ ¼ log pₙ),  n = 1…4    (Papineni et al., 2002; corpus level, sacrebleu)

Sentences are split at spaces as they stand (``tok:none``): they went through the model's own
normalisation, and a second tokenisation would hide its faults. The signature says all of it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sacrebleu.metrics.bleu import BLEU

from swae_text.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Agreement of ``n`` sentences with what came back."""

    bleu: float
    """Corpus BLEU in [0, 100]."""
    signature: str
    """sacrebleu's signature: how that number was computed."""
    exact_match: float
    """Share of sentences that came back unchanged, in [0, 1]."""
    n: int
    """Sentences compared."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def format(self) -> str:
        """One line for a reader, with its signature."""
        return (
            f"BLEU {self.bleu:.2f}, exact match {100 * self.exact_match:.1f} %, "
            f"n {self.n} ({self.signature})"
        )


def reconstruction(references: Sequence[str], hypotheses: Sequence[str]) -> Reconstruction:
    """Compare sentences with their reconstructions, pair by pair.

    Args:
        references: what went in, normalised.
        hypotheses: what came out, in the same order.

    Raises:
        CorpusError: there is nothing to compare, or the two do not pair up.
    """
    if len(references) != len(hypotheses):
        raise CorpusError(
            f"{len(references)} references and {len(hypotheses)} reconstructions do not pair up"
        )
    if not references:
        raise CorpusError("no sentences to compare: give at least one reference")
    metric = BLEU(tokenize="none", force=True)
    score = metric.corpus_score(list(hypotheses), [list(references)])
    same = sum(map(str.__eq__, references, hypotheses))
    return Reconstruction(
        bleu=score.score,
        signature=str(metric.get_signature()),
        exact_match=same / len(references),
        n=len(references),
    )
