"""Attribute transfer, in the numbers of the literature and beside the rows that explain them.

    accuracy  share of outputs that a classifier gives the target label
    self-BLEU outputs against their sources          ref-BLEU  outputs against human rewrites
    G(acc, ref4) = √(100 acc · ref-BLEU₄)            G(acc, self) = √(100 acc · self-BLEU)
    G(acc, self, 1/ppl) = ³√(100 acc · self-BLEU · 100/ppl)              all in [0, 100]

G of accuracy and BLEU: Xu et al. (2018); with fluency as a third factor: the GM of Pang and Gimpel
(2019), without the thresholds they tuned to human judgements. Accuracy depends on the classifier
(so give two or more), BLEU on the protocol: the same outputs differ by 8 points between corpus BLEU
and the mean of sentences (as of Dai et al., 2019, Style Transformer), so both are given.

BLEU is sacrebleu's, not smoothed, lower-cased, split at spaces: on Yelp's four references it equals
``multi-bleu.perl`` and the mean of unsmoothed NLTK sentences. A sentence too short for 4-grams is
scored on those it has.

No number means anything alone: copying the sources gets ref-BLEU₄ 64 on Yelp, more than any system,
and human rewrites get about 75 % accuracy. ``transfer_table`` therefore always has those rows.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sacrebleu.metrics.bleu import BLEU

from swae_text.errors import CorpusError
from swae_text.metrics.perplexity import Perplexity
from swae_text.metrics.reconstruction import mean_sentence_bleu

Classify = Callable[[Sequence[str]], list[str]]
"""A label for each sentence."""
Judge = Callable[[Sequence[str]], Perplexity]
"""Perplexity of sentences under a language model of real ones."""

MOST_REFERENCES = 4
"""How many references count: Yelp's first four are lower-case and tokenised, the others not."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """BLEU of outputs against one or more texts each."""

    corpus: float
    """Corpus BLEU in [0, 100]."""
    sentence: float
    """Mean of the sentences' own BLEU, in [0, 100]."""
    references: int
    """Texts that each output was compared with."""
    signature: str
    """sacrebleu's signature of both."""


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One system on ``n`` sentences; mappings have a value for each classifier."""

    name: str
    """The system, ``copy``, or ``human 0`` to ``human 3``."""
    n: int
    """Sentences, all of them."""
    accuracy: dict[str, float]
    """Share of outputs with the target label, in [0, 1]."""
    self_bleu: Overlap
    """Against the sources: how much was kept."""
    ref_bleu_1: Overlap | None
    """Against the first reference; None without one."""
    ref_bleu_4: Overlap | None
    """Against the first four references; None with fewer."""
    ref_bleu_others: Overlap | None
    """Human rows only: against the other references, so not comparable with ``ref_bleu_4``."""
    perplexity: Perplexity | None
    """Of the outputs under a language model of real sentences (forward), if one was given."""
    g_accuracy_ref4: dict[str, float] | None
    """√(100 accuracy · ref-BLEU₄) in [0, 100]."""
    g_accuracy_self: dict[str, float]
    """√(100 accuracy · self-BLEU) in [0, 100]."""
    g_accuracy_self_fluency: dict[str, float] | None
    """³√(100 accuracy · self-BLEU · 100 / perplexity) in [0, 100]."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def transfer_row(
    name: str,
    sources: Sequence[str],
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    targets: Sequence[str],
    classify: Mapping[str, Classify],
    perplexity: Judge | None = None,
) -> TransferRow:
    """Score one system.

    Args:
        name: what the row is called.
        sources: sentences as they went in, lower-case and tokenised like the references.
        outputs: what came out, in the same order; an empty one scores no BLEU.
        references: human rewrites of each source, as many for each, whole texts; may be empty. The
            first four count, and have to be tokenised as the outputs are. Case plays no part.
        targets: the label that each output should have.
        classify: classifiers by name.
        perplexity: a language model's judgement of sentences.

    Raises:
        CorpusError: nothing to score, or the texts do not pair up.
    """
    ways = _references(sources, references, targets)
    _check_pairs(name, "outputs", sources, outputs)
    first = overlap(outputs, ways[:1]) if ways else None
    four = overlap(outputs, ways) if len(ways) == MOST_REFERENCES else None
    return _row(name, sources, outputs, targets, classify, perplexity, (first, four, None))


def transfer_table(
    systems: Mapping[str, Sequence[str]],
    sources: Sequence[str],
    references: Sequence[Sequence[str]],
    targets: Sequence[str],
    classify: Mapping[str, Classify],
    perplexity: Judge | None = None,
) -> list[TransferRow]:
    """Score systems beside the two rows without which they cannot be read; arguments as above.

    Returns:
        ``copy`` (outputs = sources), ``human 0``, … (each reference against the others), systems.

    Raises:
        CorpusError: as above, or a system is called like one of those rows.
    """
    ways = _references(sources, references, targets)
    shared = (targets, classify, perplexity)
    rows = [transfer_row("copy", sources, sources, references, *shared)]
    for k, human in enumerate(ways):
        others = ways[:k] + ways[k + 1 :]
        left = (None, None, overlap(human, others) if others else None)
        rows.append(_row(f"human {k}", sources, human, *shared, left))
    taken = {row.name for row in rows}
    for name, outputs in systems.items():
        if name in taken:
            raise CorpusError(f"the row '{name}' is always there: give the system another name")
        rows.append(transfer_row(name, sources, outputs, references, *shared))
    return rows


def overlap(outputs: Sequence[str], ways: Sequence[Sequence[str]]) -> Overlap:
    """BLEU against one or more texts for each output: ``ways[k][i]`` is the k-th for output i."""
    metric = BLEU(
        tokenize="none", lowercase=True, smooth_method="none", effective_order=True, force=True
    )
    corpus = metric.corpus_score(list(outputs), [list(way) for way in ways]).score
    sentence = mean_sentence_bleu(metric, outputs, list(zip(*ways, strict=True)))
    return Overlap(corpus, sentence, len(ways), str(metric.get_signature()))


def _row(
    name: str,
    sources: Sequence[str],
    outputs: Sequence[str],
    targets: Sequence[str],
    classify: Mapping[str, Classify],
    perplexity: Judge | None,
    refs: tuple[Overlap | None, Overlap | None, Overlap | None],
) -> TransferRow:
    accuracy = {key: _accuracy(key, give, outputs, targets) for key, give in classify.items()}
    kept = overlap(outputs, [sources])
    ppl = perplexity(outputs) if perplexity is not None else None
    first, four, others = refs
    return TransferRow(
        name=name,
        n=len(outputs),
        accuracy=accuracy,
        self_bleu=kept,
        ref_bleu_1=first,
        ref_bleu_4=four,
        ref_bleu_others=others,
        perplexity=ppl,
        g_accuracy_ref4=_geometric(accuracy, four.corpus) if four else None,
        g_accuracy_self=_geometric(accuracy, kept.corpus),
        g_accuracy_self_fluency=_geometric(accuracy, kept.corpus, 100 / ppl.value) if ppl else None,
    )


def _accuracy(
    key: str, classify: Classify, outputs: Sequence[str], targets: Sequence[str]
) -> float:
    """Share of outputs that the classifier gives their target."""
    labels = classify(outputs)
    _check_pairs(f"classifier {key}", "labels", outputs, labels)
    return sum(map(str.__eq__, labels, targets)) / len(targets)


def _geometric(accuracy: Mapping[str, float], *percentages: float) -> dict[str, float]:
    """Geometric mean of 100 accuracy and numbers in [0, 100], for each classifier."""
    root, rest = 1 / (1 + len(percentages)), math.prod(percentages)
    return {key: (100 * value * rest) ** root for key, value in accuracy.items()}


def _references(
    sources: Sequence[str], references: Sequence[Sequence[str]], targets: Sequence[str]
) -> list[tuple[str, ...]]:
    """The first four references, one list for each instead of one for each source."""
    if not sources:
        raise CorpusError("no sentences to score: give at least one source")
    _check_pairs("transfer", "targets", sources, targets)
    _check_pairs("transfer", "rows of references", sources, references)
    counts = {min(len(row), MOST_REFERENCES) for row in references}
    if len(counts) > 1:
        raise CorpusError(f"sources have {min(counts)} to {max(counts)} references: give as many")
    return list(zip(*(row[:MOST_REFERENCES] for row in references), strict=True))


def _check_pairs(who: str, what: str, ours: Sequence[Any], theirs: Sequence[Any]) -> None:
    """Refuse two sequences that differ in length."""
    if len(ours) != len(theirs):
        raise CorpusError(f"{who}: {len(theirs)} {what} for {len(ours)} sentences: give one each")
