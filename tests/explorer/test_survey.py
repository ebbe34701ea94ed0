"""Corpus or own samples, a chunk at a time; and what there is without either."""

import pytest

from swae_text.errors import ConfigError
from swae_text.explorer.attributes import load
from swae_text.explorer.operations import Explorer
from swae_text.explorer.requests import EditRequest
from swae_text.explorer.survey import CHUNK, NotYet, Survey, reach
from swae_text.latent.attributes import fit_attribute
from swae_text.space import SentenceSpace
from swae_text.vectors import save_vector


def test_a_survey_goes_on_by_chunks(space, corpus):
    survey = Survey(space, "latent", *corpus)
    seen = [survey.done for _ in survey.steps()]
    assert max(b - a for a, b in zip([0, *seen], seen, strict=False)) == CHUNK
    assert seen[-1] == survey.total == len(corpus[0])
    assert survey.finished and len(survey.points) == len(corpus[0])


def test_until_then_there_are_no_axes_but_edits(space, corpus):
    explorer = Explorer(space, Survey(space, "latent", *corpus))
    next(explorer.survey.steps())
    with pytest.raises(NotYet, match="32 of 240 sentences"):
        explorer.map()
    with pytest.raises(NotYet):
        explorer.edit(EditRequest(text="it rains .", axes={1: 0.5}))
    assert explorer.edit(EditRequest(text="it rains .")).positions == []


@pytest.mark.parametrize("name", ["latent", "code"])
def test_without_a_corpus_the_model_writes_one(space, name, monkeypatch):
    monkeypatch.setattr("swae_text.explorer.survey.SAMPLES", 100)
    survey = Survey(space, name)
    for _ in survey.steps():
        assert survey.done <= survey.total
    assert set(survey.texts) <= set(space.sample(100, seed=0))
    assert survey.done == survey.total and survey.finished == (len(set(survey.texts)) > 2)


def test_a_model_without_a_prior_says_so(fluent_run):
    space = SentenceSpace.from_pretrained(fluent_run / "model")
    explorer = Explorer(space, Survey(space, "code"))
    assert list(explorer.survey.steps()) == [] and "prior" in explorer.survey.problem
    assert not explorer.model().samples
    assert explorer.model().survey.problem == explorer.survey.problem


def test_two_sentences_are_no_map(space):
    survey = Survey(space, "latent", ["it rains .", "it snows ."], [None, None], "two.txt")
    list(survey.steps())
    assert survey.problem == "two.txt: 2 sentences make no map: give three or more"


def test_reach_is_a_round_number_within_the_length(space):
    direction = space.encode("it rains .")[0]
    unit = direction / direction.norm()
    assert [reach(length, unit) for length in (11.3, 1.0, 0.07)] == pytest.approx([10, 1, 0.05])


def test_attributes_are_of_one_space_and_of_different_names(space, corpus, attribute, tmp_path):
    loaded, name = load(space, [attribute])
    assert (list(loaded), name) == (["opinion"], "latent")
    with pytest.raises(ConfigError, match="a second attribute of the name 'opinion'"):
        load(space, [attribute, attribute])
    with pytest.raises(ConfigError, match="fitted in space 'latent'"):
        load(space, [attribute], "code")
    z = space.encode(corpus[0], space="code")
    vector = fit_attribute(z, z[:, 0] > z[:, 0].median())
    save_vector(vector, tmp_path / "other.safetensors", space="code")
    with pytest.raises(ConfigError, match="one space at a time"):
        load(space, [attribute, tmp_path / "other.safetensors"])
    assert load(space, [])[1] == "latent"
