"""``SentenceSpace`` and its folder: round trips, order, and what is refused."""

import copy
import json
import shutil
from pathlib import Path

import pytest
import torch

from swae_text.config import MMDConfig, SamplingConfig
from swae_text.errors import ConfigError, CorpusError, ModelFolderError
from swae_text.generation.decoding import Decoding
from swae_text.generation.marginal import log_marginal
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.space import SentenceSpace

TEXTS = ["the cook was kind and quick today .", "my friend shouted at us .", "again ."]


@pytest.fixture(scope="module")
def space(tiny_run: Path) -> SentenceSpace:
    return SentenceSpace.from_pretrained(tiny_run / "model")


@pytest.mark.parametrize("name", ["latent", "code"])
def test_order_and_batches_change_nothing(space, name):
    together = space.encode(TEXTS, space=name)
    alone = torch.cat([space.encode(text, space=name, batch_size=1) for text in TEXTS])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    assert together.shape == (3, space.dim(name))


def test_a_saved_space_is_the_same_space(space, tmp_path):
    space.save_pretrained(tmp_path / "copy")
    copy = SentenceSpace.from_pretrained(tmp_path / "copy")
    assert torch.equal(copy.encode(TEXTS), space.encode(TEXTS))
    assert copy.sample(4, seed=3) == space.sample(4, seed=3)
    assert copy.labels == space.labels == ("hated", "liked")


def test_half_the_precision_is_half_the_size_and_the_same_space(space, tmp_path):
    space.save_pretrained(tmp_path / "full")
    space.save_pretrained(tmp_path / "half", half=True, card="# mine\n")
    full, half = (
        (tmp_path / name / "model.safetensors").stat().st_size for name in ("full", "half")
    )
    assert 0.5 < half / full < 0.6
    there = SentenceSpace.from_pretrained(tmp_path / "half")
    texts = ["the cook was kind and quick today .", "my friend shouted at us again ."]
    assert torch.allclose(there.encode(texts), space.encode(texts), atol=0.02)
    assert (tmp_path / "half" / "README.md").read_text() == "# mine\n"


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_a_space_of_lower_precision_is_nearly_the_same_and_is_not_written(
    tiny_run, space, tmp_path, precision
):
    rough = SentenceSpace.from_pretrained(tiny_run / "model", precision=precision)
    for name in ("code", "latent"):
        z, wanted = rough.encode(TEXTS, space=name), space.encode(TEXTS, space=name)
        assert z.dtype == torch.float32 and not torch.equal(z, wanted)
        assert torch.cosine_similarity(z, wanted).min() > 0.98
    assert len(rough.decode(wanted)) == len(rough.reconstruct(TEXTS)) == 3
    with pytest.raises(ConfigError, match=f"in {precision}: open it in float32 to write it"):
        rough.save_pretrained(tmp_path / "lossy")
    assert not (tmp_path / "lossy").exists()


def test_integers_are_for_a_processor(space):
    away = copy.deepcopy(space.autoencoder).to("meta")
    with pytest.raises(ConfigError, match="int8 is for a CPU, not meta"):
        SentenceSpace(space.config, space.tokenizer, away, precision="int8")


def test_samples_depend_on_the_seed_alone(space):
    assert space.sample(5, seed=1) == space.sample(5, seed=1) != space.sample(5, seed=2)


def test_both_ends_of_a_path_are_reconstructions(space):
    for path in ("linear", "slerp"):
        walk = space.interpolate(TEXTS[0], TEXTS[1], steps=5, path=path)
        assert [walk.texts[0], walk.texts[-1]] == space.reconstruct(TEXTS[:2])
        assert walk.t == [0, 0.25, 0.5, 0.75, 1] and walk.z.shape == (5, space.dim())


def test_reconstruct_is_encode_then_decode(space):
    assert space.reconstruct(TEXTS) == space.decode(space.encode(TEXTS))
    assert space.reconstruct([]) == []


def test_stage_two_round_trip_is_near_the_code(space):
    code = space.encode(TEXTS, space="code")
    back = space.to_codes(space.to_space(code, "latent"), "latent")
    assert (back - code).square().mean() < 0.1 * code.square().mean()


def test_codes_are_as_typical_as_the_latents_that_they_are(space):
    code, z = space.encode(TEXTS, space="code"), space.encode(TEXTS)
    shares = space.typicality(z)
    assert torch.equal(space.typicality(code, space="code"), shares)
    assert bool(((shares >= 0) & (shares <= 1)).all())
    assert space.typicality(100 * z).tolist() == [0, 0, 0]
    with pytest.raises(ConfigError, match="space"):
        space.typicality(z[:, 1:])


def test_free_codes_have_no_typicality(space):
    alone = SentenceSpace(space.config, space.tokenizer, space.autoencoder)
    assert alone.prior is None and alone.typicality(alone.encode(TEXTS)) is None


@pytest.mark.parametrize(("normalise", "typical"), [(False, True), (True, False)])
def test_codes_drawn_to_a_prior_are_typical_unless_they_lie_on_a_sphere(space, normalise, typical):
    regularised = {"regulariser": MMDConfig(), "normalise": normalise}
    model = space.config.model.model_copy(update=regularised)
    config = space.config.model_copy(update={"model": model})
    stage_one = SentenceAutoencoder(model, space.autoencoder.vocab_size)
    alone = SentenceSpace(config, space.tokenizer, stage_one)
    assert (alone.typicality(alone.encode(TEXTS)) is not None) == typical


def test_a_deviation_draws_from_a_wider_prior(space):
    def drawn(**more):
        return space.sample_vectors(6, generator=torch.Generator().manual_seed(2), **more)

    torch.testing.assert_close(drawn(deviation=1.5), 1.5 * drawn())
    assert torch.equal(drawn(deviation=1.0), drawn())
    wide = SamplingConfig(deviation=1.5)
    assert space.sample(6, seed=2, sampling=wide) == space.decode(1.5 * drawn())
    for wrong in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ConfigError, match="above 0"):
            drawn(deviation=wrong)


@torch.inference_mode()
def test_a_noise_level_is_told_by_the_length_of_codes(space):
    told = Decoding(noise_level=0.75)
    z = space.sample_vectors(40, generator=torch.Generator().manual_seed(0))
    codes = space.autoencoder.normalised(space.to_codes(z, None)) * 1.25  # √(1 + 0.75²)
    aware = space.decode(z, decoding=told)
    assert aware == space.decode(codes, space="code") != space.decode(z)
    assert aware == space.sample(40, seed=0, decoding=told)
    assert aware == space.sample(40, seed=0, sampling=SamplingConfig(noise_level=0.75))
    beams, told = Decoding(beams=2), Decoding(beams=2, noise_level=0.75)
    assert space.decode(z, decoding=told) == space.decode(codes, space="code", decoding=beams)


@torch.inference_mode()
def test_noise_is_put_on_the_codes_of_samples_and_again_in_every_round(space):
    generator = torch.Generator().manual_seed(4)

    def write(codes):
        noise = 0.5 * torch.randn(codes.shape, generator=generator)
        return space.decode(codes + noise, space="code")

    texts = write(space.to_codes(space.sample_vectors(9, generator=generator), None))
    noisy = SamplingConfig(noise=0.5)
    assert space.sample(9, seed=4, sampling=noisy) == texts != space.sample(9, seed=4)
    for _ in range(2):
        rows = [row for row, text in enumerate(texts) if text.strip()]
        again = write(space.encode([texts[row] for row in rows], space="code"))
        for row, text in zip(rows, again, strict=True):
            texts[row] = text
    assert space.sample(9, seed=4, sampling=noisy.but(rounds=2)) == texts


@torch.inference_mode()
@pytest.mark.parametrize("judge", ["likelihood", "slor"])
def test_the_best_of_several_is_the_one_of_them_that_scores_highest(space, judge):
    generator = torch.Generator().manual_seed(4)
    codes = space.to_codes(space.sample_vectors(60, generator=generator), None)
    codes = codes.repeat_interleave(3, 0)
    codes = codes + 0.5 * torch.randn(codes.shape, generator=generator)
    hot = Decoding(temperature=1.0)
    drawn = space.decode(codes, space="code", decoding=hot, generator=generator)
    how = SamplingConfig(temperature=1, noise=0.5, best_of=3, best_by=judge)
    best = space.sample(60, seed=4, sampling=how)
    generator = torch.Generator().manual_seed(0)
    blind = space.to_codes(space.sample_vectors(4, generator=generator), None)
    noise = torch.randn(blind.shape, generator=generator)
    blind = blind + space.config.model.code_noise * noise
    judged = 0
    for place, taken in enumerate(best):
        three = drawn[3 * place : 3 * place + 3]
        pairs = zip(three, space.fits(three), strict=True)
        if not (group := [text for text, fits in pairs if fits and text.strip()]):
            continue
        pieces = space.tokenise(group)
        found = log_marginal(space.autoencoder, pieces, blind).tolist()
        scores = [nats / (len(text.split()) + 1) for nats, text in zip(found, group, strict=True)]
        if judge == "slor":
            alone = space.tokenizer.log_frequencies
            scores = [
                (nats - alone[piece].sum()) / len(piece)
                for nats, piece in zip(found, pieces, strict=True)
            ]
        assert taken == group[scores.index(max(scores))]
        judged += len(set(group)) > 1
    assert judged > 3
    same = SamplingConfig(best_of=3)  # three that can only be the same
    assert space.sample(9, seed=4, sampling=same) == space.sample(9, seed=4)


@torch.inference_mode()
def test_a_model_that_knows_sentences_without_a_code_judges_without_one(space):
    model = space.config.model.model_copy(update={"code_dropout": 0.1})
    config = space.config.model_copy(update={"model": model})
    knows = SentenceSpace(config, space.tokenizer, space.autoencoder, space.stage_two)
    nothing = torch.zeros(1, model.code_dim)
    nats = log_marginal(space.autoencoder, space.tokenise(TEXTS), nothing).tolist()
    words = [len(text.split()) + 1 for text in TEXTS]
    own = [total / count for total, count in zip(nats, words, strict=True)]
    assert knows._scores(TEXTS, "likelihood") == pytest.approx(own)
    assert space._scores(TEXTS, "likelihood") != pytest.approx(own)


def test_on_a_path_only_what_lies_between_sentences_is_told_of_noise(space):
    z = space.encode(TEXTS[:3])
    told = Decoding(noise_level=1.5)
    plain = space.interpolate(*TEXTS[:3], steps=4)
    noisy = space.interpolate(*TEXTS[:3], steps=4, decoding=told)
    assert noisy.texts != plain.texts
    assert noisy.texts[::3] == plain.texts[::3] == space.decode(z)
    between = [row for row in range(7) if row % 3]
    assert [noisy.texts[row] for row in between] == space.decode(noisy.z[between], decoding=told)
    two = space.decode_paths([noisy.z, noisy.z[:4]], 4, decoding=told)
    assert two == noisy.texts + noisy.texts[:4]


def test_samples_have_the_model_s_guidance_and_what_lies_between_sentences_its_own(space):
    model = space.config.model.model_copy(update={"code_dropout": 0.1})
    config = space.config.model_copy(update={"model": model})
    config = config.model_copy(update={"sampling": SamplingConfig(guidance=0.3)})
    knows = copy.copy(space.autoencoder)
    knows.config = model
    guided = SentenceSpace(config, space.tokenizer, knows, space.stage_two)
    assert guided.sample(20) == guided.sample(20, decoding=Decoding(guidance=0.3))
    assert guided.sample(20) != guided.sample(20, sampling=SamplingConfig()) == space.sample(20)
    plain, walk = space.interpolate(*TEXTS[:3], steps=4), guided.interpolate(*TEXTS[:3], steps=4)
    assert walk.texts[::3] == plain.texts[::3] == space.reconstruct(TEXTS[:3])
    assert walk.texts != plain.texts
    told = Decoding(guidance=0.5)
    assert walk.texts == guided.interpolate(*TEXTS[:3], steps=4, decoding=told).texts
    assert plain.texts == guided.interpolate(*TEXTS[:3], steps=4, decoding=Decoding()).texts
    assert (guided.between, guided.edited) == (0.5, 0.6)
    assert (space.between, space.edited) == (1.0, 1.0)
    with pytest.raises(ConfigError, match="code_dropout"):
        space.interpolate(*TEXTS[:2], decoding=told)


def test_samples_are_drawn_as_the_model_says_unless_told_otherwise(space):
    own = SamplingConfig(temperature=1.0, min_p=0.1, deviation=1.2, noise=0.5, best_of=2)
    config = space.config.model_copy(update={"sampling": own})
    hot = SentenceSpace(config, space.tokenizer, space.autoencoder, space.stage_two)
    assert hot.sample(20, seed=1) == space.sample(20, seed=1, sampling=own)
    assert hot.sample(20, seed=1) != space.sample(20, seed=1)
    assert hot.sample(20, seed=1, sampling=SamplingConfig()) == space.sample(20, seed=1)
    greedy = own.but(temperature=0, min_p=0)
    assert hot.sample(20, seed=1, decoding=Decoding()) == space.sample(20, seed=1, sampling=greedy)


def test_a_deviation_that_changes_nothing_is_refused(space):
    settings = {"regulariser": MMDConfig(), "normalise": True}
    model = space.config.model.model_copy(update=settings)
    one_length = SentenceSpace(
        space.config.model_copy(update={"model": model}),
        space.tokenizer,
        SentenceAutoencoder(model, space.autoencoder.vocab_size),
    )
    assert len(one_length.sample(2)) == 2
    with pytest.raises(ConfigError, match="deviation: this model's codes are of one length"):
        one_length.sample(2, sampling=SamplingConfig(deviation=1.1))


def test_codes_of_any_length_tell_no_noise(space):
    loose = space.config.model_copy(
        update={"model": space.config.model.model_copy(update={"normalise": False})}
    )
    stage_one = SentenceAutoencoder(loose.model, space.autoencoder.vocab_size)
    free = SentenceSpace(loose, space.tokenizer, stage_one, space.stage_two)
    with pytest.raises(ConfigError, match=r"not of one length.*leave it out"):
        free.sample(2, decoding=Decoding(noise_level=0.5))
    with pytest.raises(ConfigError, match=r"not of one length.*leave it out"):
        free.sample(2, sampling=SamplingConfig(noise=0.5))


def test_token_accuracy_is_a_share(space):
    assert 0 < space.token_accuracy(TEXTS, space.encode(TEXTS)) <= 1


def test_a_beam_finds_what_is_likely_and_a_round_trip_what_is_near(space):
    z = space.encode([*TEXTS, "the cook was kind ."])
    beam, nearest = Decoding(beams=4), Decoding(beams=4, rerank=True)
    likely, near = space.candidates(z, beam), space.candidates(z, nearest)
    for by_score, by_distance, wanted in zip(likely, near, z, strict=True):
        assert [c.score for c in by_score] == sorted((c.score for c in by_score), reverse=True)
        distances = [candidate.distance for candidate in by_distance]
        assert distances == sorted(distances)
        assert {c.text for c in by_score} == {c.text for c in by_distance}
        own = space.encode(by_distance[0].text)[0]
        assert (own - wanted).norm().item() == pytest.approx(distances[0], rel=1e-3)
    assert space.decode(z, decoding=nearest) == [row[0].text for row in near]
    assert space.reconstruct(TEXTS, decoding=beam) == [row[0].text for row in likely[:-1]]


@pytest.mark.parametrize(
    "decoding", [Decoding(), Decoding(beams=4), Decoding(beams=3, required=("cook",))]
)
def test_neither_batches_nor_the_order_of_rows_change_a_sentence(fluent_run, sentences, decoding):
    space = SentenceSpace.from_pretrained(fluent_run / "model")
    lines = [json.loads(line)["text"] for line in sentences.read_text().splitlines()[::12]]
    texts = [" ".join(text.split()[: 2 + row % 8]) for row, text in enumerate(lines)]
    together = space.reconstruct(texts, decoding=decoding)
    assert len({len(text.split()) for text in together}) > 3
    for size in (1, 7):
        assert space.reconstruct(texts, decoding=decoding, batch_size=size) == together
    turned = space.reconstruct(texts[::-1], decoding=decoding, batch_size=5)
    assert turned[::-1] == together


@pytest.mark.parametrize("bad", [torch.zeros(2, 5), torch.zeros(32)])
def test_vectors_of_another_shape_are_refused(space, bad):
    with pytest.raises(ConfigError, match="space"):
        space.decode(bad)


def test_too_long_a_sentence_is_named(space):
    with pytest.raises(CorpusError, match="sentence 2"):
        space.encode([TEXTS[0], "word " * 500])


def test_a_label_needs_a_mixture(space):
    with pytest.raises(ConfigError, match="mixture"):
        space.sample(1, label="liked")


def test_without_stage_two_there_is_no_latent(space):
    alone = SentenceSpace(space.config, space.tokenizer, space.autoencoder)
    assert alone.default_space == "code"
    with pytest.raises(ConfigError, match="left free"):
        alone.sample(1)
    with pytest.raises(ModelFolderError, match="stage two"):
        alone.encode(TEXTS, space="latent")


@pytest.mark.parametrize("name", ["config.yaml", "model.safetensors", "tokenizer.model"])
def test_damage_is_noticed_and_named(space, tmp_path, name):
    space.save_pretrained(tmp_path / "m")
    path = tmp_path / "m" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelFolderError, match=name):
        SentenceSpace.from_pretrained(tmp_path / "m")


def test_missing_parts_are_refused(space, tmp_path):
    with pytest.raises(ModelFolderError, match="no such"):
        SentenceSpace.from_pretrained(tmp_path / "nothing")
    space.save_pretrained(tmp_path / "m")
    (tmp_path / "m/model.safetensors").unlink()
    with pytest.raises(ModelFolderError, match="incomplete"):
        SentenceSpace.from_pretrained(tmp_path / "m")
    shutil.rmtree(tmp_path / "m")
    (tmp_path / "m").mkdir()
    with pytest.raises(ModelFolderError, match="not a model folder"):
        SentenceSpace.from_pretrained(tmp_path / "m")
