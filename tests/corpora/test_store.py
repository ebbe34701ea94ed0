import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from swae_text.config import CorpusConfig, TokenizerConfig
from swae_text.corpora.store import PreparedCorpus, cache_folder, prepare
from swae_text.corpora.tokenizer import EOS
from swae_text.errors import CorpusError, TokenizerError

DATA = Path(__file__).resolve().parents[2] / "data" / "sentences.jsonl"
ROWS = [json.loads(line) for line in DATA.read_text().splitlines()]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWAE_TEXT_CACHE", str(tmp_path / "cache"))


def ready(
    source: object = DATA, *, max_tokens: int = 64, vocab_size: int = 320, **settings: object
) -> PreparedCorpus:
    corpus = CorpusConfig.model_validate({"source": str(source), **settings})
    return prepare(corpus, TokenizerConfig(vocab_size=vocab_size), max_tokens, lambda _: None)


def test_prepared_corpus_holds_what_was_read() -> None:
    corpus = ready()
    assert (len(corpus.train), len(corpus.valid), len(corpus.test)) == (320, 40, 40)
    assert corpus.labels == ("0", "1") and not corpus.cached
    labels = {row["text"]: row["label"] for row in ROWS}
    for split in (corpus.train, corpus.valid, corpus.test):
        everything = np.arange(len(split))
        texts, tokens = split.texts(), split.tokens(everything)
        assert [labels[text] for text in texts] == split.labels.tolist()
        assert corpus.tokenizer.decode([row.tolist() for row in tokens]) == texts
        assert [len(row) for row in tokens] == split.lengths.tolist()
        assert all(row[-1] == EOS for row in tokens)
    some = np.array([7, 0, 7])
    assert corpus.train.texts(some) == [corpus.train.texts()[index] for index in some]
    assert corpus.train.tokens(some)[0].tolist() == corpus.train.tokens(np.array([7]))[0].tolist()


def test_second_start_only_opens_and_gives_the_same() -> None:
    first, second = ready(), ready()
    assert (first.cached, second.cached) == (False, True)
    assert first.fingerprint == second.fingerprint and first.report == second.report
    assert first.train.texts() == second.train.texts()
    assert ready(lowercase=True).fingerprint != first.fingerprint


def test_a_changed_file_is_prepared_anew(tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    shutil.copy(DATA, copy)
    first = ready(copy)
    with copy.open("a") as file:
        file.write('{"text": "one more", "label": 1}\n')
    assert ready(copy).fingerprint != first.fingerprint


def test_two_caches_hold_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        monkeypatch.setenv("SWAE_TEXT_CACHE", str(tmp_path / name))
        folder = cache_folder() / ready().fingerprint
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0] == contents[1] and len(contents[0]) == 5


def test_too_many_pieces_are_dropped_and_counted() -> None:
    corpus = ready(max_tokens=20, valid_size=20)
    counts = corpus.report["splits"]["train"]
    assert corpus.train.lengths.max() <= 20
    assert counts["too_many_pieces"] > 0
    assert counts["kept"] == len(corpus.train) == counts["read"] - counts["too_many_pieces"]


def test_reviews_are_cut_into_sentences_of_one_group(tmp_path: Path) -> None:
    texts = [row["text"] for row in ROWS]
    path = tmp_path / "reviews.jsonl"
    reviews = [" ".join(texts[start : start + 4]) for start in range(0, 400, 4)]
    path.write_text("".join(json.dumps({"text": review}) + "\n" for review in reviews))
    corpus = ready(path, split_sentences=True)
    assert corpus.labels == () and set(corpus.train.labels.tolist()) == {-1}
    held = [texts.index(text) // 4 for text in corpus.valid.texts()]
    assert sorted(held) == sorted([*set(held)] * 4) and len(held) == 40
    assert corpus.report["splits"]["train"]["read"] == 320


@pytest.mark.parametrize("content", ["lines", "json"])
def test_stdin_by_content(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = DATA.read_text() if content == "json" else "".join(r["text"] + "\n" for r in ROWS)
    found = []
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        found.append(ready("-"))
    assert [corpus.cached for corpus in found] == [False, True]
    assert len(found[0].train) == 320
    assert not [path for path in cache_folder().iterdir() if path.name.startswith(".")]


def test_a_failed_preparation_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(DATA.read_text() + "{broken\n")
    with pytest.raises(CorpusError, match=r"bad\.jsonl:401: not valid JSON"):
        ready(path)
    with pytest.raises(TokenizerError, match="too small for"):
        ready(vocab_size=9000)
    assert list(cache_folder().iterdir()) == []


@pytest.mark.parametrize("name", ["train.arrow", "meta.json", "tokenizer.model"])
def test_a_damaged_cache_is_made_again(name: str) -> None:
    first = ready()
    texts = first.train.texts()
    damaged = cache_folder() / first.fingerprint / name
    content = damaged.read_bytes()
    damaged.unlink()
    damaged.write_bytes(content[: len(content) // 2])
    again = ready()
    assert not again.cached and again.train.texts() == texts
