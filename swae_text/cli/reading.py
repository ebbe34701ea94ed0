"""Sentences for the verbs that judge or fit, read and cleaned as the model's own corpus was.

Without a source, or with the model's own, it is the very split that training held out.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from swae_text.cli.arguments import BadRowChoice
from swae_text.cli.streams import say
from swae_text.config import CorpusConfig
from swae_text.corpora.catalog import with_catalog_defaults
from swae_text.corpora.cleaning import sentences
from swae_text.corpora.columns import Row
from swae_text.corpora.sources import read_rows
from swae_text.corpora.splits import CleaningReport, Ledger
from swae_text.corpora.store import prepare
from swae_text.errors import CorpusError
from swae_text.space import SentenceSpace

Sentence = tuple[str, str | None]
"""A normalised sentence and its label."""

CHUNK = 4096
"""Sentences that are cut into pieces at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Sentences that the model can read, and an account of those that it cannot."""

    texts: list[str]
    labels: list[str | None]
    source: str
    split: str
    """The split that was taken; ``all`` where the source has none."""
    left_out: dict[str, int]
    """Sentences that were read and left out, by reason; empty if none was."""


def read_sentences(
    space: SentenceSpace,
    source: str | None,
    *,
    split: str,
    limit: int | None = None,
    text: str | None = None,
    label: str | None = None,
    on_bad_row: BadRowChoice = "refuse",
) -> Reading:
    """Read one split of a source (None: the model's own corpus).

    Args:
        space: its corpus settings say how texts are normalised and which lengths are kept.
        source: file, folder, catalog name or hub id, as in ``corpus.source``.
        split: train, valid or test; a source without splits is taken whole.
        limit: sentences at most, from the beginning.
        text: column of the text. None: as in the model's settings, or found by name.
        label: column of the label. None: likewise.
        on_bad_row: whether rows of another source than the model's that cannot be read end it all.

    Raises:
        CorpusError: the source cannot be read, lacks the split, or has no sentence to give.
    """
    blocks = read_in_blocks(
        space, source, split=split, limit=limit, text=text, label=label, on_bad_row=on_bad_row
    )
    parts = list(blocks)
    texts = [sentence for part in parts for sentence in part.texts]
    labels = [name for part in parts for name in part.labels]
    return replace(parts[-1], texts=texts, labels=labels)


def read_in_blocks(
    space: SentenceSpace,
    source: str | None,
    *,
    split: str,
    limit: int | None = None,
    text: str | None = None,
    label: str | None = None,
    on_bad_row: BadRowChoice = "refuse",
) -> Iterator[Reading]:
    """The same, at most ``CHUNK`` sentences at once; the last one's ``left_out`` is that of all."""
    own = space.config.corpus
    changes = {"source": source, "text": text and (text,), "label": label}
    given = {key: value for key, value in changes.items() if value is not None}
    config = with_catalog_defaults(own.model_copy(update=given))
    if config.source == "-" and source is None:
        raise CorpusError("this model was trained from stdin, which is gone: give --data FILE")
    if config == with_catalog_defaults(own) and config.source != "-":
        yield from _held_out(space, split, limit)
        return
    if on_bad_row == "skip":
        config = config.model_copy(update={"on_bad_row": "skip"})
    parts = read_rows(config)
    if split not in parts and len(parts) > 1:
        raise CorpusError(f"{config.source}: no split '{split}' (there are: {', '.join(parts)})")
    taken = split if len(parts) > 1 else "all"
    yield from _kept(space, parts.get(split, parts["train"]), config, taken, limit)


def chosen(reading: Reading, limit: int, seed: int = 0) -> Reading:
    """At most ``limit`` of the sentences, from all over a corpus that may be sorted."""
    rows = list(zip(reading.texts, reading.labels, strict=True))
    rows = random.Random(seed).sample(rows, min(limit, len(rows)))
    return replace(reading, texts=[text for text, _ in rows], labels=[mark for _, mark in rows])


def account(reading: Reading, n: int | None = None) -> str:
    """One line: how many sentences were taken, and how many were left out for what reason.

    Args:
        reading: all of it, or the last of its blocks.
        n: sentences of all blocks.
    """
    counts = [f"{n:,} {reason.replace('_', ' ')}" for reason, n in reading.left_out.items()]
    left_out = f"; left out: {', '.join(counts)}" if counts else ""
    taken = len(reading.texts) if n is None else n
    return f"{reading.source} ({reading.split}): {taken:,} sentences{left_out}"


def _held_out(space: SentenceSpace, split: str, limit: int | None) -> Iterator[Reading]:
    """A split of the corpus that the model was trained on, out of the cache."""
    config = space.config
    corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, say)
    size, left_out = len(corpus.split(split)), _left_out(corpus.report["splits"][split])
    size = size if limit is None else min(limit, size)
    for start in range(0, max(size, 1), CHUNK):
        texts, labels = corpus.sentences(split, np.arange(start, min(start + CHUNK, size)))
        yield Reading(texts, labels, config.corpus.source, split, left_out)


def _kept(
    space: SentenceSpace,
    rows: Iterator[Row],
    config: CorpusConfig,
    split: str,
    limit: int | None,
) -> Iterator[Reading]:
    """The sentences of some rows that have the lengths of the model's own corpus."""
    ledger, read, kept, ended = Ledger(), 0, 0, False
    stream = _clean(rows, config, ledger)
    while not ended and (limit is None or kept < limit):
        most = CHUNK if limit is None else min(CHUNK, limit - kept)
        chunk = list(itertools.islice(stream, most))
        short = _readable(space, chunk)
        read, kept, ended = read + len(chunk), kept + len(short), len(chunk) < most
        report = CleaningReport.of(ledger.reasons).without(read - kept)
        if ended and (skipped := ledger.skipped()):
            say(f"{config.source}: {skipped}")
        if ended and not kept:
            raise CorpusError(f"{config.source}: no sentence is left to work on ({report})")
        texts, labels = [text for text, _ in short], [label for _, label in short]
        yield Reading(texts, labels, config.source, split, _left_out(report.to_dict()))


def _clean(rows: Iterator[Row], config: CorpusConfig, ledger: Ledger) -> Iterator[Sentence]:
    """Normalised sentences of the right length; the ledger notes those that are not."""
    for row in rows:
        if row.problem:
            ledger.skip(row)
            continue
        for sentence in sentences(row.text, config):
            if ledger.enter(sentence, row.group, config):
                yield sentence, row.label


def _readable(space: SentenceSpace, chunk: list[Sentence]) -> list[Sentence]:
    """Those sentences that have no more pieces than the model reads."""
    fit = space.fits([text for text, _ in chunk])
    return [pair for pair, fits in zip(chunk, fit, strict=True) if fits]


def _left_out(counts: dict[str, int]) -> dict[str, int]:
    """The reasons of a cleaning report that took a sentence."""
    return {name: n for name, n in counts.items() if n and name not in ("read", "kept")}
