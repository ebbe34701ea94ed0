"""How much of a sentence survives the way through the space: BLEU, exact match, word edits.

    BLEU = BP · exp(Σₙ ¼ log pₙ),  n = 1…4    (Papineni et al., 2002; corpus level, sacrebleu)
    sentence BLEU = mean of the sentences' own, without the orders a sentence is too short for
    edit distance = Σᵢ lev(rᵢ, hᵢ) / Σᵢ |rᵢ|  in words    (Levenshtein, 1966; the word error rate)

Sentences are split at spaces as they stand (``tok:none``): they went through the model's own
normalisation, and a second tokenisation would hide its faults. The signatures say all of it. Corpus
BLEU and the mean of sentences are two numbers that differ by several points: never compare them.

References are texts, whole: a reference rebuilt from token ids would be truncated, and an unknown
word in it would match the unknown word that came back.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
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
    sentence_bleu: float
    """Mean of the sentences' own BLEU, in [0, 100]."""
    sentence_signature: str
    """sacrebleu's signature of one of them."""
    edit_distance: float
    """Word insertions, deletions and substitutions per word that went in; 0 or more."""
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
            f"BLEU {self.bleu:.2f} (mean of sentences {self.sentence_bleu:.2f}), "
            f"exact match {100 * self.exact_match:.1f} %, "
            f"{self.edit_distance:.3f} edits a word, n {self.n} ({self.signature})"
        )


def reconstruction(references: Sequence[str], hypotheses: Sequence[str]) -> Reconstruction:
    """Compare sentences with their reconstructions, pair by pair, none left out.

    A sentence without words scores no BLEU, whatever came back.

    Args:
        references: what went in, normalised, as text.
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
    corpus = BLEU(tokenize="none", force=True)
    score = corpus.corpus_score(list(hypotheses), [list(references)])
    sentence = BLEU(tokenize="none", force=True, effective_order=True)
    same = sum(map(str.__eq__, references, hypotheses))
    return Reconstruction(
        bleu=score.score,
        signature=str(corpus.get_signature()),
        sentence_bleu=mean_sentence_bleu(sentence, hypotheses, [[text] for text in references]),
        sentence_signature=str(sentence.get_signature()),
        edit_distance=_edits_a_word(references, hypotheses),
        exact_match=same / len(references),
        n=len(references),
    )


def mean_sentence_bleu(
    metric: BLEU, hypotheses: Sequence[str], references: Sequence[Sequence[str]]
) -> float:
    """Mean of ``metric`` over single sentences in [0, 100], each with references of its own."""
    return fmean(
        metric.sentence_score(hypothesis, list(own)).score
        for hypothesis, own in zip(hypotheses, references, strict=True)
    )


def word_edits(a: str, b: str) -> int:
    """Fewest words to insert, delete or substitute to make ``b`` of ``a`` (symmetric)."""
    from nltk.metrics.distance import edit_distance  # slow to import

    return int(edit_distance(a.split(), b.split()))


def _edits_a_word(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """All edits over all words; references without a word count as one word in all."""
    edits = sum(map(word_edits, references, hypotheses))
    return edits / max(1, sum(len(text.split()) for text in references))
