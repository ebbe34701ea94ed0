"""Which sentence goes where: filters, the cut by group, repeats, and an account of it all.

A ``Ledger`` has one entry for every sentence that was read, kept or not: why it was dropped, its
group, and a hash of its key. All decisions are made on these numbers; texts stay on disk.
"""

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from swae_text.config import CorpusConfig
from swae_text.corpora.cleaning import LONGEST, key
from swae_text.corpora.columns import Row
from swae_text.errors import CorpusError

KEPT, EMPTY, TOO_SHORT, TOO_LONG, DUPLICATE, IN_TRAINING, NOT_CHOSEN = range(7)
TOO_MANY_PIECES, UNREADABLE = 7, 8
"""Why a sentence is dropped; ``KEPT`` is none of the reasons. ``UNREADABLE`` is a whole row."""


@dataclass(frozen=True)
class CleaningReport:
    """What became of the sentences of one split; ``read`` is the sum of all the others."""

    read: int
    kept: int
    empty: int
    too_short: int
    too_long: int
    duplicates: int
    in_training: int
    not_chosen: int
    too_many_pieces: int
    unreadable: int

    @classmethod
    def of(cls, reasons: NDArray[np.int8]) -> "CleaningReport":
        """Count the reasons of a split."""
        kept, *dropped = np.bincount(reasons, minlength=UNREADABLE + 1).tolist()
        return cls(len(reasons), kept, *dropped)

    def without(self, too_many_pieces: int) -> "CleaningReport":
        """The report after sentences with too many pieces went."""
        return replace(self, kept=self.kept - too_many_pieces, too_many_pieces=too_many_pieces)

    def to_dict(self) -> dict[str, int]:
        """Counts by name, all of them, for JSON and for tables."""
        return asdict(self)

    def __str__(self) -> str:
        counts = self.to_dict().items()
        return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts if n) or "none"


def judged(sentence: str, config: CorpusConfig) -> tuple[int, str]:
    """Why a sentence is dropped by itself (``KEPT``: it is not), and its key."""
    same = key(sentence)
    words = sentence.count(" ") + 1  # normalised: single spaces
    if not same:
        return EMPTY, same
    if words < config.min_words:
        return TOO_SHORT, same
    if words > config.max_words or len(sentence) > LONGEST:
        return TOO_LONG, same
    return KEPT, same


class Ledger:
    """One entry a sentence of a source's split, in the order of reading."""

    def __init__(self) -> None:
        self._reasons = array("b")
        self._groups = array("q")
        self._keys = array("q")
        self._problem = ""  # of the first row that could not be read

    def enter(self, sentence: str, group: int, config: CorpusConfig) -> bool:
        """Judge a sentence by itself, note it, and tell whether it is kept so far."""
        reason, same = judged(sentence, config)
        self._note(reason, group, hash(same))
        return reason == KEPT

    def skip(self, row: Row) -> None:
        """Note a row that could not be read."""
        self._problem = self._problem or row.problem
        self._note(UNREADABLE, row.group, 0)

    def skipped(self) -> str:
        """A line about the rows that could not be read; empty if all could."""
        n = self._reasons.count(UNREADABLE)
        return f"rows that could not be read, skipped: {n:,}; the first: {self._problem}" * bool(n)

    def _note(self, reason: int, group: int, same: int) -> None:
        self._reasons.append(reason)
        self._groups.append(group)
        self._keys.append(same)

    def __len__(self) -> int:
        return len(self._reasons)

    @property
    def reasons(self) -> NDArray[np.int8]:
        """Why each sentence was dropped, ``KEPT`` if it was not."""
        return np.array(self._reasons, dtype=np.int8)

    @property
    def groups(self) -> NDArray[np.int64]:
        """The group (row, review) of each sentence."""
        return np.array(self._groups, dtype=np.int64)

    @property
    def keys(self) -> NDArray[np.int64]:
        """A hash of each sentence's key; equal only within one process."""
        return np.array(self._keys, dtype=np.int64)


@dataclass
class Part:
    """A split in the making: some entries of the ledger ``origin``, and their fate.

    ``rows`` counts the entries that the ledger itself has kept: it is an entry's row on disk.
    """

    origin: str
    rows: NDArray[np.int64]
    reasons: NDArray[np.int8]
    groups: NDArray[np.int64]
    keys: NDArray[np.int64]

    @classmethod
    def of(cls, origin: str, ledger: Ledger) -> "Part":
        """All entries of a ledger."""
        reasons = ledger.reasons
        rows = np.cumsum(reasons == KEPT) - 1
        return cls(origin, rows, reasons, ledger.groups, ledger.keys)

    def where(self, mask: NDArray[np.bool_]) -> "Part":
        """The entries under a mask."""
        return Part(
            self.origin, self.rows[mask], self.reasons[mask], self.groups[mask], self.keys[mask]
        )

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which entries are kept so far."""
        kept: NDArray[np.bool_] = self.reasons == KEPT
        return kept


def make_splits(
    ledgers: dict[str, Ledger], config: CorpusConfig
) -> tuple[dict[str, Part], list[str]]:
    """Cut what the source does not hold out, drop repeats, and choose ``max_sentences``.

    Held-out sentences are compared with all of training before ``max_sentences`` are chosen, so
    that runs on less of a corpus share their test set.

    Returns:
        The parts ``train``, ``valid`` and ``test``, and notes for the reader, a line each.

    Raises:
        CorpusError: nothing is left, or too little to hold anything out.
    """
    parts = {name: Part.of(name, ledger) for name, ledger in ledgers.items()}
    if not len(parts["train"].reasons):
        raise CorpusError(f"{config.source}: empty: there is not one sentence in it")
    if not parts["train"].kept.any():
        counts = CleaningReport.of(parts["train"].reasons)
        raise CorpusError(
            f"{config.source}: no sentence is left ({counts}); "
            f"kept are {config.min_words} to {config.max_words} words (corpus.max_words)"
        )
    wanted = {"test": config.test_size, "valid": config.valid_size}
    missing = [name for name in wanted if name not in parts]
    notes = _hold_out(parts, {name: wanted[name] for name in missing}, config)
    for part in parts.values():
        if config.dedupe == "all":
            _drop_repeats(part)
    if config.dedupe != "none":
        for name in ("valid", "test"):
            _drop_known(parts[name], parts["train"])
    _choose(parts["train"], config)
    return {name: parts[name] for name in ("train", "valid", "test")}, notes


def _hold_out(parts: dict[str, Part], sizes: dict[str, int], config: CorpusConfig) -> list[str]:
    """Move whole groups from training to the splits that are missing, in a seeded order."""
    notes: list[str] = []
    if not sizes:
        return notes
    train = parts["train"]
    groups, group_of, kept = _group_sizes(train)
    tenth = int(kept.sum()) // 10
    if tenth == 0 or len(groups) <= len(sizes):
        raise CorpusError(
            f"{config.source}: {kept.sum()} sentences in {len(groups)} rows are too few to hold "
            f"out {' and '.join(sizes)}; give at least 10 rows, or a folder with those files"
        )
    order = np.random.default_rng(config.seed).permutation(len(groups))
    target = np.zeros(len(groups), dtype=np.int8)  # 0 stays in training
    start = 0
    for number, (name, size) in enumerate(sizes.items(), 1):
        if size > tenth:
            notes.append(f"{name}: a tenth ({tenth}) of the sentences, not {size}, is held out")
        reached = int(np.searchsorted(np.cumsum(kept[order[start:]]), min(size, tenth))) + 1
        last = len(groups) - 1 - (len(sizes) - number)  # every split needs a group
        end = min(start + reached, last)
        target[order[start:end]] = number
        start = end
    for number, name in enumerate(sizes, 1):
        parts[name] = train.where(target[group_of] == number)
    parts["train"] = train.where(target[group_of] == 0)
    return notes


def _group_sizes(
    part: Part,
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.int64]]:
    """The groups' numbers, which of them each entry is in, and the sentences each one keeps."""
    groups, group_of = np.unique(part.groups, return_inverse=True)
    kept = np.bincount(group_of[part.kept], minlength=len(groups)).astype(np.int64)
    return groups, group_of, kept


def _drop_repeats(part: Part) -> None:
    kept = np.flatnonzero(part.kept)
    _, first = np.unique(part.keys[kept], return_index=True)
    part.reasons[np.delete(kept, first)] = DUPLICATE


def _drop_known(held_out: Part, train: Part) -> None:
    known = np.isin(held_out.keys, train.keys[train.kept])
    held_out.reasons[held_out.kept & known] = IN_TRAINING


def _choose(train: Part, config: CorpusConfig) -> None:
    kept = np.flatnonzero(train.kept)
    if config.max_sentences and len(kept) > config.max_sentences:
        order = np.random.default_rng([config.seed, 1]).permutation(len(kept))
        train.reasons[kept[order[config.max_sentences :]]] = NOT_CHOSEN


def refuse_empty(reports: dict[str, CleaningReport], source: str) -> None:
    """Stop where a split came out without a single sentence.

    Raises:
        CorpusError: names the first such split and what became of its sentences.
    """
    empty: Sequence[str] = [name for name, report in reports.items() if not report.kept]
    if empty:
        raise CorpusError(f"{source}: no sentence is left in '{empty[0]}' ({reports[empty[0]]})")
