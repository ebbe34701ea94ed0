"""A split as a file: what is read of it does not stay in memory."""

from pathlib import Path

import numpy as np
import pytest

from swae_text.corpora import tokenised
from swae_text.corpora.tokenised import TokenisedSplit, write_split

SENTENCES, TOKENS = 50_000, 40


@pytest.fixture
def path(tmp_path):
    texts, labels = [""] * SENTENCES, np.zeros(SENTENCES, dtype=np.int32)
    tokens = [[row % 1000] * TOKENS for row in range(SENTENCES)]
    write_split(tmp_path / "split.arrow", [(texts, labels, tokens)], TOKENS)
    return tmp_path / "split.arrow"


def mapped_bytes():
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("RssFile:")[1].split()[0])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for its memory")
@pytest.mark.parametrize("large", [True, False])
def test_pages_of_a_large_file_are_given_back(path, monkeypatch, large):
    monkeypatch.setattr(tokenised, "LARGE", 0 if large else 2**30)
    split, every = TokenisedSplit(path), np.arange(SENTENCES)
    before = mapped_bytes()
    assert sum(int(row.sum()) for row in split.tokens(every)) == TOKENS * 999 * 500 * 50
    of_tokens = 4 * SENTENCES * TOKENS
    assert mapped_bytes() - before > 0.9 * of_tokens
    (row,) = split.tokens(np.array([123]))
    assert row.tolist() == [123] * TOKENS
    assert (mapped_bytes() - before < 0.1 * of_tokens) == large
