"""Stage one: padding, teacher forcing against decoding, and every regulariser."""

import copy

import pytest
import torch
from torch.nn import functional

from swae_text.config import ModelConfig
from swae_text.corpora.tokenizer import EOS, PAD
from swae_text.generation.decoding import generate
from swae_text.models.autoencoder import SentenceAutoencoder

VOCAB = 60
KINDS = ("transformer", "lstm")
PAIRS = [(encoder, decoder) for encoder in KINDS for decoder in KINDS]


def model(encoder: str = "transformer", decoder: str = "transformer", **settings):
    torch.manual_seed(0)
    size = {"width": 32, "layers": 2, "heads": 2}
    tree = {
        "encoder": {"kind": encoder, **size},
        "decoder": {"kind": decoder, **size},
        "code_dim": 16,
        "slots": 4,
        "code_noise": 0.0,
        "max_tokens": 12,
        **settings,
    }
    return SentenceAutoencoder(ModelConfig.model_validate(tree), VOCAB, labels=3)


def sentences(n: int = 6, longest: int = 10) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    tokens = torch.randint(4, VOCAB, (n, longest), generator=random)
    lengths = torch.randint(2, longest, (n,), generator=random)
    lengths[0] = longest - 1
    time = torch.arange(longest)
    tokens[time == lengths[:, None]] = EOS
    tokens[time > lengths[:, None]] = PAD
    return tokens


@pytest.mark.parametrize("kind", KINDS)
def test_padding_does_not_change_a_code(kind):
    encode, tokens = model(encoder=kind).eval().encode, sentences()
    alone = torch.cat([encode(row[row != PAD][None]) for row in tokens])
    torch.testing.assert_close(encode(tokens), alone, atol=1e-5, rtol=1e-4)


def test_padding_does_not_change_a_code_in_bfloat16():
    # Another path through attention; its own rounding is the only difference allowed.
    encode, tokens = model().eval().encode, sentences()
    with torch.autocast("cpu", torch.bfloat16):
        alone = torch.cat([encode(row[row != PAD][None]) for row in tokens])
        together = encode(tokens)
    torch.testing.assert_close(together, alone, atol=0.06, rtol=0)


@pytest.mark.parametrize(("encoder", "decoder"), PAIRS)
@torch.inference_mode()
def test_weights_in_bfloat16_change_little_and_codes_stay_float32(encoder, decoder):
    full, tokens = model(encoder, decoder).eval(), sentences()
    half = copy.deepcopy(full).to(torch.bfloat16)
    code = full.encode(tokens)
    near = functional.cosine_similarity(half.encode(tokens), code)
    assert half.encode(tokens).dtype == torch.float32 and near.min() > 0.999
    told, wanted = half.log_likelihood(code, tokens), full.log_likelihood(code, tokens)
    torch.testing.assert_close(told, wanted, atol=0.5, rtol=0.02)
    assert generate(half, code)[0] == generate(half, code[:1])[0]


def test_draws_stay_float32_whatever_multiplies():
    wae, random = model(normalise=False, regulariser={"kind": "mmd"}), torch.Generator()
    drawn = wae.sample(9, generator=random.manual_seed(0))
    wae.multiply_in("bfloat16")
    assert torch.equal(wae.sample(9, generator=random.manual_seed(0)), drawn)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_equals_teacher_forcing(kind):
    autoencoder, tokens = model(decoder=kind).eval(), sentences()
    code = autoencoder.encode(tokens)
    embedded = autoencoder.embedding(tokens)
    forced = autoencoder.decoder(embedded, autoencoder.memory(code))
    state = autoencoder.decoder.start(autoencoder.memory(code))
    for time in range(tokens.shape[1]):
        hidden, state = autoencoder.decoder.step(embedded[:, time], state)
        torch.testing.assert_close(hidden, forced[:, time], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_decoder_does_not_see_the_future(kind):
    autoencoder, tokens = model(decoder=kind).eval(), sentences()
    code = autoencoder.encode(tokens)
    changed = tokens.clone()
    changed[:, 5:] = 7
    before, after = (
        autoencoder.decoder(autoencoder.embedding(x), autoencoder.memory(code))
        for x in (tokens, changed)
    )
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_normalised_codes_have_one_length():
    code = model().encode(sentences())
    torch.testing.assert_close(code.norm(dim=1), torch.full((6,), 4.0))


def test_codes_are_free_without_normalisation():
    lengths = model(normalise=False).encode(sentences()).norm(dim=1)
    assert lengths.std() > 1e-3


@pytest.mark.parametrize("kind", ["none", "kl", "mmd", "sliced", "adversarial"])
def test_every_regulariser_reaches_the_encoder(kind):
    autoencoder = model(
        regulariser={"kind": kind}, normalise=False, code_noise=0.1, bag_of_words=1.0
    )
    loss = autoencoder.loss(sentences(), generator=torch.Generator().manual_seed(0))
    assert loss.total.isfinite()
    if kind == "none":
        assert loss.divergence == 0 and len(loss.prior_z) == 0
        return
    loss.divergence.backward()
    gradient = autoencoder.write.weight.grad
    assert gradient is not None and gradient.abs().sum() > 0


def test_the_critic_is_apart_from_the_model():
    autoencoder = model(regulariser={"kind": "adversarial", "hidden": 8})
    critic = {id(p) for p in autoencoder.critic_parameters()}
    rest = {id(p) for p in autoencoder.model_parameters()}
    assert critic and not critic & rest
    assert critic | rest == {id(p) for p in autoencoder.parameters()}
    loss = autoencoder.loss(sentences(), generator=torch.Generator().manual_seed(0))
    autoencoder.critic_loss(loss.z, loss.prior_z).backward()
    assert all(p.grad is None for p in autoencoder.model_parameters())


def test_noise_rises_over_its_warmup():
    autoencoder = model(code_noise=0.8, noise_warmup=0.5).eval()
    tokens = sentences()
    clean = autoencoder.cross_entropy(autoencoder.encode(tokens), tokens)

    def loss(progress: float) -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        return autoencoder.loss(tokens, generator=generator, progress=progress).cross_entropy

    torch.testing.assert_close(loss(0.0), clean)
    assert not torch.allclose(loss(0.25), clean)
    torch.testing.assert_close(loss(0.5), loss(1.0))


def test_levels_of_noise_are_a_sentence_s_own():
    autoencoder = model(code_noise=0.9, noise_levels="uniform")
    code, generator = torch.zeros(4000, 16), torch.Generator().manual_seed(0)
    levels = autoencoder._disturb(code, generator, 1.0).square().mean(1).sqrt()
    assert levels.mean().item() == pytest.approx(0.45, abs=0.02)
    assert levels.min() < 0.01 and 0.8 < levels.max() < 1.6
    halfway = model(code_noise=0.9, noise_levels="uniform", noise_warmup=1.0)
    halved = halfway._disturb(code, torch.Generator().manual_seed(0), 0.5).square().mean(1).sqrt()
    torch.testing.assert_close(2 * halved, levels)


def test_a_dropped_code_tells_nothing_and_the_others_what_they_told():
    code = torch.randn(4000, 16, generator=torch.Generator().manual_seed(1))

    def disturbed(**settings: float) -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        return model(**settings)._disturb(code, generator, 1.0)

    shown, some = disturbed(code_noise=0.5), disturbed(code_noise=0.5, code_dropout=0.3)
    dropped = (some == 0).all(1)
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=0.03)
    torch.testing.assert_close(some[~dropped], shown[~dropped])
    torch.testing.assert_close(disturbed(code_noise=0.0, code_dropout=0.0), code)


def test_a_decoder_that_codes_are_dropped_from_learns_to_write_without_one():
    pieces = torch.tensor([[4, 5, 6, 7, 3]] * 8)
    torch.manual_seed(0)
    autoencoder = model(code_dropout=0.5)
    optimiser = torch.optim.Adam(autoencoder.parameters(), 0.01)
    generator = torch.Generator().manual_seed(0)
    before = autoencoder.log_likelihood(torch.zeros(8, 16), pieces).mean()
    for _ in range(30):
        optimiser.zero_grad()
        autoencoder.loss(pieces, generator=generator).total.backward()
        optimiser.step()
    after = autoencoder.log_likelihood(torch.zeros(8, 16), pieces).mean()
    assert before < -15 and after > -3


def test_the_bag_of_words_does_not_know_the_order():
    autoencoder, tokens = model(bag_of_words=1.0), sentences(1)
    code = torch.randn(1, 16)
    turned = tokens[:, torch.randperm(tokens.shape[1])]
    torch.testing.assert_close(
        autoencoder._bag_of_words(code, tokens), autoencoder._bag_of_words(code, turned)
    )


def test_a_line_reads_the_labels_that_there_are():
    autoencoder, tokens = model(label_weight=2.0), sentences()
    labels = torch.tensor([0, 2, -1, 1, -1, 0])
    random = torch.Generator().manual_seed(0)
    loss = autoencoder.loss(tokens, generator=random, labels=labels)
    known = labels >= 0
    scores = autoencoder.label(autoencoder.encode(tokens[known]))
    nats = functional.cross_entropy(scores, labels[known], reduction="sum")
    torch.testing.assert_close(loss.label, nats / 6)
    length = (tokens != PAD).sum(1).float().mean()
    torch.testing.assert_close(loss.total, loss.cross_entropy + 2 * loss.label / length)
    loss.label.backward()
    assert autoencoder.write.weight.grad.abs().sum() > 0  # it is the code that learns
    for unread in (model(), autoencoder):
        given = None if unread is autoencoder else labels
        assert unread.loss(tokens, generator=random, labels=given).label == 0


def test_labels_that_are_read_get_a_direction():
    autoencoder, tokens = model(label_weight=5.0, code_noise=0.5), sentences(24)
    labels = torch.arange(24) % 3
    random = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(autoencoder.parameters(), 3e-3)
    for _ in range(80):
        optimiser.zero_grad()
        autoencoder.loss(tokens, generator=random, labels=labels).total.backward()
        optimiser.step()
    read = autoencoder.label(autoencoder.encode(tokens)).argmax(1)
    assert (read == labels).float().mean() > 0.9  # by chance: a third


@pytest.mark.parametrize("widths", [(32, 16), (16, 32)])
def test_encoder_and_decoder_may_differ_in_width(widths):
    one, two = (
        {"kind": kind, "width": w, "heads": 2} for kind, w in zip(KINDS, widths, strict=True)
    )
    tree = {"encoder": one, "decoder": two, "code_dim": 8, "slots": 2, "max_tokens": 12}
    autoencoder = SentenceAutoencoder(ModelConfig.model_validate(tree), VOCAB)
    loss = autoencoder.loss(sentences(), generator=torch.Generator().manual_seed(0))
    loss.total.backward()
    assert all(p.grad is not None for p in autoencoder.parameters())


def test_crossed_sentences_stay_near_their_codes_and_keep_them():
    code, crossed = torch.randn(4000, 16), torch.arange(4000)[:, None] % 2 == 0
    autoencoder = model(code_noise=0.5, code_dropout=0.3, crossover={"share": 0.5, "noise": 0.2})
    generator = torch.Generator().manual_seed(0)
    disturbed = autoencoder._disturb(code, generator, 1.0, crossed)
    near = (disturbed - code)[crossed[:, 0]].square().mean().sqrt().item()
    assert near == pytest.approx(0.1, rel=0.05)
    dropped = (disturbed == 0).all(1)
    assert not dropped[crossed[:, 0]].any()
    assert dropped[~crossed[:, 0]].float().mean().item() == pytest.approx(0.3, abs=0.03)


def test_crossed_sentences_are_to_be_written_and_have_no_label(monkeypatch):
    autoencoder = model(label_weight=1.0, crossover={"share": 0.9999, "exchange": 0.0})
    tokens, written = sentences(), []
    score = autoencoder.cross_entropy
    monkeypatch.setattr(
        autoencoder, "cross_entropy", lambda code, x: written.append(x) or score(code, x)
    )
    random, labels = torch.Generator().manual_seed(0), torch.zeros(len(tokens), dtype=torch.long)
    assert autoencoder.loss(tokens, generator=random, labels=labels).label == 0
    assert not torch.equal(written[0], tokens)
    assert set(written[0].unique().tolist()) <= set(tokens.unique().tolist())
