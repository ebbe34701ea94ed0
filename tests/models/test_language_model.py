"""The recurrent language model: a distribution over sentences, however they are batched."""

import pytest
import torch
from torch.nn import functional

from swae_text.corpora.tokenizer import BOS, EOS, PAD, UNK
from swae_text.models.language_model import LanguageModel

VOCAB = 30


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(VOCAB, width=8, dropout=0.3).eval()
    torch.nn.init.normal_(model.embedding.weight)  # far from uniform, or every test is easy
    torch.nn.init.normal_(model.bias)
    return model


def sentences(n: int = 6, longest: int = 9) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    tokens = torch.randint(EOS + 1, VOCAB, (n, longest), generator=random)
    lengths = torch.arange(n) % (longest - 1)
    time = torch.arange(longest)
    tokens[time == lengths[:, None]] = EOS
    return tokens.masked_fill(time > lengths[:, None], PAD)


def test_padding_changes_no_probability(model):
    tokens = sentences()
    alone = torch.cat([model.log_probs(row[row != PAD][None]) for row in tokens])
    torch.testing.assert_close(model.log_probs(tokens), alone, atol=1e-5, rtol=1e-5)
    wider = functional.pad(tokens, (0, 7), value=PAD)
    torch.testing.assert_close(model.log_probs(wider), alone, atol=1e-5, rtol=1e-5)


def test_a_sentence_has_the_product_of_its_steps(model):
    for row in sentences():
        row, state, total = row[row != PAD], None, 0.0
        for read, token in zip([BOS, *row[:-1].tolist()], row.tolist(), strict=True):
            states, state = model.step(torch.tensor([read]), state)
            total += float(model.log_distribution(states)[0, token].detach())
        assert model.log_probs(row[None]).item() == pytest.approx(total, abs=1e-4)


def test_the_two_levels_are_one_distribution(model):
    states = 3 * torch.randn(5, 4, 8, generator=torch.Generator().manual_seed(2))
    probabilities = model.log_distribution(states).exp()
    assert probabilities.shape == (5, 4, VOCAB)
    torch.testing.assert_close(probabilities.sum(-1), torch.ones(5, 4))
    assert (probabilities[..., [PAD, UNK, BOS]] == 0).all()
    assert (probabilities[..., EOS:] > 0).all()


def test_all_continuations_together_have_the_probability_of_their_beginning(model):
    beginning = sentences()[5, :4]
    every = torch.arange(EOS, VOCAB)[:, None]
    continued = torch.cat([beginning.expand(len(every), -1), every], 1)
    total = model.log_probs(continued).logsumexp(0)
    torch.testing.assert_close(total[None], model.log_probs(beginning[None]), atol=1e-5, rtol=0)


def test_what_cannot_follow_has_no_probability(model):
    assert model.log_probs(torch.tensor([[7, UNK, EOS]])).tolist() == [-float("inf")]


def test_the_loss_is_nats_a_token_and_reaches_every_weight(model):
    tokens = sentences()
    nats = -model.log_probs(tokens).sum() / (tokens != PAD).sum()
    assert model.loss(tokens).item() == pytest.approx(nats.item(), rel=1e-5)
    model.loss(tokens).backward()
    assert all(weight.grad.isfinite().all() for weight in model.model_parameters())
    assert not list(model.critic_parameters())


def test_samples_have_the_frequencies_of_the_distribution(model):
    def draw(seed: int) -> list[list[int]]:
        return model.sample(4000, 2, torch.Generator().manual_seed(seed))

    drawn = draw(0)
    states, _ = model.step(torch.tensor([BOS]))
    expected = model.log_distribution(states)[0].exp()
    first = torch.tensor([row[0] if row else EOS for row in drawn])
    found = torch.bincount(first, minlength=VOCAB) / len(drawn)
    assert ((found - expected).abs() < 5 * (expected / len(drawn)).sqrt() + 1e-3).all()
    assert drawn == draw(0) != draw(1)
    assert max(map(len, drawn)) == 2


def test_a_tiny_vocabulary_has_both_levels():
    model = LanguageModel(6, width=4)
    assert model.frequent == EOS + 1
    states, _ = model.step(torch.tensor([BOS]))
    assert model.log_distribution(states).logsumexp(-1).item() == pytest.approx(0, abs=1e-6)
