"""A decoder under guidance: the formula, its ends, and every way to write that goes through it."""

import pytest
import torch
from torch import Tensor

from swae_text.config import ModelConfig
from swae_text.corpora.tokenizer import BOS
from swae_text.errors import ConfigError
from swae_text.generation.beam import beam_search
from swae_text.generation.decoding import Decoding, generate
from swae_text.generation.guidance import Writer
from swae_text.models.autoencoder import SentenceAutoencoder

KINDS = [
    {"kind": "transformer", "width": 16, "layers": 2, "heads": 2},
    {"kind": "lstm", "width": 16, "layers": 1, "heads": 2},
]


def model(part: dict[str, object], dropout: float = 0.1) -> SentenceAutoencoder:
    torch.manual_seed(1)
    tree = {"encoder": part, "decoder": part, "code_dim": 8, "slots": 2, "max_tokens": 12}
    config = ModelConfig.model_validate({**tree, "code_dropout": dropout})
    made = SentenceAutoencoder(config, 20).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(3)  # an untrained one says the same of every code
    return made


@pytest.fixture(scope="module", params=KINDS, ids=["transformer", "lstm"])
def autoencoder(request) -> SentenceAutoencoder:
    return model(request.param)


def codes(n: int) -> Tensor:
    return 2 * torch.randn(n, 8, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
@pytest.mark.parametrize("guidance", [0.0, 0.4, 1.0, 2.5])
def test_scores_are_those_with_and_without_the_code(autoencoder, guidance):
    code, pieces = codes(3), torch.randint(5, 20, (3, 6))
    writer = Writer(autoencoder, guidance)
    state, before, steps = writer.start(code), torch.full((3,), BOS), []
    for tokens in pieces.unbind(1):
        scores, state = writer.step(before, state)
        steps.append(scores.log_softmax(-1))
        before = tokens

    def by(shown: Tensor) -> Tensor:
        logits, _ = autoencoder.teacher_forced(shown, pieces)
        return logits.view(3, 6, -1).log_softmax(-1)

    wanted = guidance * by(code) + (1 - guidance) * by(torch.zeros_like(code))
    torch.testing.assert_close(torch.stack(steps, 1), wanted.log_softmax(-1), rtol=1e-4, atol=1e-4)


def test_without_trust_every_code_says_the_same_and_with_full_trust_what_it_said(autoencoder):
    plain = generate(autoencoder, codes(6))
    assert generate(autoencoder, codes(6), Decoding(guidance=1.0)) == plain
    blind = generate(autoencoder, codes(6), Decoding(guidance=0.0))
    assert all(row == blind[0] for row in blind)
    assert len({tuple(row) for row in plain}) > 1
    assert blind == generate(autoencoder, torch.zeros(6, 8))


@pytest.mark.parametrize("guidance", [0.5, 1.7])
def test_a_row_is_written_the_same_alone_and_by_a_search_that_keeps_one(autoencoder, guidance):
    decoding = Decoding(guidance=guidance)
    together = generate(autoencoder, codes(6), decoding)
    assert together != generate(autoencoder, codes(6))
    assert [generate(autoencoder, row[None], decoding)[0] for row in codes(6)] == together
    for row, written in zip(codes(6), together, strict=True):
        found = beam_search(autoencoder, row[None], beams=1, guidance=guidance, length_penalty=0.0)
        assert found[0][0].tokens == written[: len(found[0][0].tokens)]


def test_a_decoder_that_always_saw_a_code_is_refused():
    always = model(KINDS[0], dropout=0.0)
    assert generate(always, codes(2)) == generate(always, codes(2), Decoding(guidance=1.0))
    with pytest.raises(ConfigError, match=r"code_dropout=0"):
        generate(always, codes(2), Decoding(guidance=0.7))
    for wrong in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="guidance"):
            Decoding(guidance=wrong)
