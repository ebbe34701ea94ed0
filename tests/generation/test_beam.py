"""Beam search against every sentence there is."""

import itertools

import pytest
import torch

from swae_text.config import ModelConfig
from swae_text.corpora.tokenizer import BOS, EOS, PAD
from swae_text.errors import ConfigError
from swae_text.generation.beam import beam_search
from swae_text.models.autoencoder import SentenceAutoencoder

LONGEST, VOCAB = 4, 7


@pytest.fixture(params=["transformer", "lstm"])
def model(request) -> SentenceAutoencoder:
    torch.manual_seed(4)
    size = {"kind": request.param, "width": 16, "layers": 1, "heads": 2}
    tree = {"encoder": size, "decoder": size, "code_dim": 8, "slots": 2, "max_tokens": LONGEST}
    model = SentenceAutoencoder(ModelConfig.model_validate(tree), VOCAB).eval()
    torch.nn.init.normal_(model.output_bias, std=1.5)
    return model


def every_sentence(model: SentenceAutoencoder, code: torch.Tensor) -> dict[tuple[int, ...], float]:
    """Nats of all sentences that end in time."""
    words = [token for token in range(VOCAB) if token not in (PAD, BOS, EOS)]
    sentences = [
        sentence
        for length in range(LONGEST)
        for sentence in itertools.product(words, repeat=length)
    ]
    tokens = [torch.tensor([*sentence, EOS]) for sentence in sentences]
    batch = torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True, padding_value=PAD)
    nats = model.log_likelihood(code.expand(len(batch), -1), batch)
    return dict(zip(sentences, nats.tolist(), strict=True))


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0])
def test_a_beam_wide_enough_finds_the_best_of_all_sentences(model, penalty):
    codes = torch.randn(3, 8)
    found = beam_search(model, codes, beams=70, n_best=5, length_penalty=penalty)
    for code, hypotheses in zip(codes, found, strict=True):
        nats = every_sentence(model, code)
        score = {s: n / ((6 + len(s)) / 6) ** penalty for s, n in nats.items()}
        best = sorted(score, key=score.__getitem__, reverse=True)[:5]
        assert [tuple(hypothesis.tokens) for hypothesis in hypotheses] == best
        for hypothesis in hypotheses:
            assert hypothesis.log_prob == pytest.approx(nats[tuple(hypothesis.tokens)], abs=1e-4)
            assert hypothesis.score == pytest.approx(score[tuple(hypothesis.tokens)], abs=1e-4)


def test_rows_do_not_depend_on_their_batch(model):
    codes = torch.randn(9, 8)
    together = beam_search(model, codes, beams=3, n_best=2)
    alone = [beam_search(model, code[None], beams=3, n_best=2)[0] for code in codes]
    assert [[h.tokens for h in row] for row in together] == [[h.tokens for h in r] for r in alone]


def test_a_sentence_that_never_ends_is_cut(model):
    model.output_bias.data[EOS] = -1e9
    ((only, *_),) = beam_search(model, torch.randn(1, 8), beams=2, n_best=2)
    assert len(only.tokens) == LONGEST - 1 and EOS not in only.tokens


def test_no_codes_give_no_sentences_and_a_beam_holds_what_is_asked_for(model):
    assert beam_search(model, torch.empty(0, 8)) == []
    with pytest.raises(ConfigError, match="n_best"):
        beam_search(model, torch.zeros(1, 8), beams=2, n_best=3)
