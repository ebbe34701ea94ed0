import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swae_text.config import CorpusConfig, TokenizerConfig
from swae_text.corpora.cleaning import normalise
from swae_text.corpora.tokenizer import BOS, EOS, FIRST_PIECE, PAD, UNK, Tokenizer
from swae_text.errors import TokenizerError

DATA = Path(__file__).resolve().parents[2] / "data" / "sentences.jsonl"
SENTENCES = [json.loads(line)["text"] for line in DATA.read_text().splitlines()]
TOKENIZER = Tokenizer.train(SENTENCES, TokenizerConfig(vocab_size=400))


@given(st.text())
def test_every_normalised_text_comes_back(text: str) -> None:
    text = normalise(text, CorpusConfig())
    assert TOKENIZER.decode(TOKENIZER.encode([text])) == [text]


@pytest.mark.parametrize("text", ["<s> </s> <unk> <pad>", "<0x41>", "▁", "naïve 😀 ", "", "a  b"])
def test_signs_of_the_tokenizer_are_plain_text(text: str) -> None:
    text = normalise(text, CorpusConfig())
    (ids,) = TOKENIZER.encode([text])
    assert ids.pop() == EOS and not {PAD, UNK, BOS, EOS} & set(ids)
    assert TOKENIZER.decode([ids]) == [text]


@pytest.mark.parametrize("algorithm", ["unigram", "bpe"])
def test_training_is_deterministic_and_pickles(algorithm: str) -> None:
    config = TokenizerConfig.model_validate({"vocab_size": 350, "algorithm": algorithm})
    first, second = (Tokenizer.train(iter(SENTENCES), config) for _ in range(2))
    assert first.to_bytes() == second.to_bytes() and first.vocab_size == 350
    again = pickle.loads(pickle.dumps(first))
    assert again.encode(SENTENCES[:9]) == first.encode(SENTENCES[:9])


def test_bytes_lie_below_the_pieces() -> None:
    (ids,) = TOKENIZER.encode(["\U0001f600"])
    assert sum(EOS < token < FIRST_PIECE for token in ids) == 4


def test_decoding_stops_at_the_end_and_drops_specials() -> None:
    (ids,) = TOKENIZER.encode([SENTENCES[0]])
    noisy = [BOS, PAD, ids[0], UNK, *ids[1:], *ids, PAD]
    assert TOKENIZER.decode([noisy, [EOS], []]) == [SENTENCES[0], "", ""]


@pytest.mark.parametrize("algorithm", ["unigram", "bpe"])
@pytest.mark.parametrize("vocab_size", [16, 9000])
def test_impossible_sizes_name_a_possible_one(algorithm: str, vocab_size: int) -> None:
    config = {"vocab_size": vocab_size, "algorithm": algorithm}
    with pytest.raises(TokenizerError, match=r"--set tokenizer\.vocab_size=\d+") as caught:
        Tokenizer.train(SENTENCES, TokenizerConfig.model_validate(config))
    named = int(str(caught.value).split("tokenizer.vocab_size=")[-1].split()[0])
    possible = TokenizerConfig.model_validate({**config, "vocab_size": named})
    assert Tokenizer.train(SENTENCES, possible).vocab_size == named


def test_pieces_of_a_unigram_model_have_frequencies_and_those_that_were_merged_have_none() -> None:
    tokenizer = Tokenizer.train(SENTENCES, TokenizerConfig(vocab_size=600))
    found = tokenizer.log_frequencies
    assert found.shape == (600,) and not found[:FIRST_PIECE].any()
    assert 0.9 < np.exp(found[FIRST_PIECE:]).sum() < 1.01
    counts = np.bincount(np.concatenate(tokenizer.encode(SENTENCES)), minlength=len(found))
    often = counts >= 20
    often[:FIRST_PIECE] = False
    counted = np.log(counts[often] / counts[FIRST_PIECE:].sum())
    assert often.sum() > 20 and np.corrcoef(counted, found[often])[0, 1] > 0.9
    merged = TokenizerConfig(vocab_size=400, algorithm="bpe")
    with pytest.raises(TokenizerError, match="does not know how frequent"):
        Tokenizer.train(SENTENCES, merged).log_frequencies  # noqa: B018


def test_other_bytes_are_refused() -> None:
    with pytest.raises(TokenizerError, match="not a SentencePiece model"):
        Tokenizer.from_bytes(b"something else")
    with pytest.raises(TokenizerError):
        Tokenizer.train([], TokenizerConfig(vocab_size=300))
