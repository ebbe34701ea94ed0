import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swae_text.config import CorpusConfig
from swae_text.corpora.splits import CleaningReport, Ledger, Part, make_splits, refuse_empty
from swae_text.errors import CorpusError


def ledger(sentences: list[str], config: CorpusConfig, rows_a_group: int = 1) -> Ledger:
    book = Ledger()
    for number, sentence in enumerate(sentences):
        book.enter(sentence, number // rows_a_group, config)
    return book


def counts(part: Part) -> CleaningReport:
    return CleaningReport.of(part.reasons)


def numbered(n: int, word: str = "w") -> list[str]:
    return [f"{word}{i} is here" for i in range(n)]


@given(st.integers(60, 300), st.integers(1, 5), st.integers(0, 9), st.integers(1, 50))
def test_groups_stay_together_and_nothing_is_lost(n: int, size: int, seed: int, held: int) -> None:
    config = CorpusConfig(seed=seed, valid_size=held, test_size=held)
    parts, notes = make_splits({"train": ledger(numbered(n), config, size)}, config)
    groups = [set(part.groups.tolist()) for part in parts.values()]
    assert not groups[0] & groups[1] and not groups[1] & groups[2] and not groups[0] & groups[2]
    rows = np.concatenate([part.rows for part in parts.values()])
    assert sorted(rows.tolist()) == list(range(n))
    target = min(held, n // 10)
    assert all(target <= len(parts[name].rows) < target + size for name in ("valid", "test"))
    assert len(notes) == 2 * (held > n // 10)


def test_the_seed_decides_the_split() -> None:
    def test_rows(seed: int) -> list[int]:
        config = CorpusConfig(seed=seed, valid_size=9, test_size=9)
        parts, _ = make_splits({"train": ledger(numbered(200), config)}, config)
        return [int(row) for row in parts["test"].rows]

    assert test_rows(0) == test_rows(0) != test_rows(1)


def test_given_splits_stay_and_only_the_missing_is_cut_from_training() -> None:
    config = CorpusConfig(valid_size=5)
    books = {"train": ledger(numbered(100), config), "test": ledger(numbered(7, "t"), config)}
    parts, _ = make_splits(books, config)
    assert [part.origin for part in parts.values()] == ["train", "train", "test"]
    assert [counts(part).kept for part in parts.values()] == [95, 5, 7]


def test_every_drop_is_counted() -> None:
    config = CorpusConfig(min_words=2, max_words=3, dedupe="all", valid_size=1)
    train = ["one two", "One two!", "", "?", "one", "a b c d", *numbered(30)]
    test = ["w1 IS here", "w2 is here", "ok then", "ok then", "too", "W99 is here"]
    books = {"train": ledger(train, config), "test": ledger(test, config)}
    books["valid"] = ledger(["fine here"], config)
    parts, _ = make_splits(books, config)
    report = counts(parts["train"])
    assert (report.read, report.kept, report.duplicates) == (36, 31, 1)
    assert (report.empty, report.too_short, report.too_long) == (2, 1, 1)
    report = counts(parts["test"])
    assert (report.kept, report.in_training, report.duplicates, report.too_short) == (2, 2, 1, 1)
    assert sum(report.to_dict().values()) == 2 * report.read
    assert str(report) == "6 read, 2 kept, 1 too short, 1 duplicates, 2 in training"


@pytest.mark.parametrize(("dedupe", "kept"), [("none", 3), ("across", 2), ("all", 1)])
def test_degrees_of_dedupe(dedupe: str, kept: int) -> None:
    config = CorpusConfig.model_validate({"dedupe": dedupe})
    held = ["w1 is here", "new one", "new one"]
    books = {name: ledger(held, config) for name in ("valid", "test")}
    books["train"] = ledger(numbered(10), config)
    assert counts(make_splits(books, config)[0]["test"]).kept == kept


def test_fewer_training_sentences_leave_the_test_set_alone() -> None:
    def parts(most: int | None) -> dict[str, Part]:
        config = CorpusConfig(max_sentences=most, valid_size=10, test_size=10)
        return make_splits({"train": ledger(numbered(80) + numbered(80), config)}, config)[0]

    small, full = parts(20), parts(None)
    assert counts(small["train"]).kept == 20 and counts(small["train"]).not_chosen > 0
    for name in ("valid", "test"):
        np.testing.assert_array_equal(small[name].reasons, full[name].reasons)


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (["much too long a sentence"], r"no sentence is left \(1 read, 1 too long\)"),
        (numbered(9), "9 sentences in 9 rows are too few to hold out test and valid"),
    ],
)
def test_corpora_that_are_too_small(sentences: list[str], message: str) -> None:
    config = CorpusConfig(max_words=3)
    with pytest.raises(CorpusError, match=message):
        make_splits({"train": ledger(sentences, config)}, config)


def test_an_empty_split_is_refused() -> None:
    report = CleaningReport.of(np.array([2, 2], dtype=np.int8))
    with pytest.raises(CorpusError, match=r"'test' \(2 read, 2 too short\)"):
        refuse_empty({"test": report}, "x")
