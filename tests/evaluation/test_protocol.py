"""The whole evaluation of a model: what it holds, what must stand beside it, what it refuses."""

import json
import math

import pytest

from swae_text.config import CorpusConfig, SamplingConfig
from swae_text.errors import ConfigError, CorpusError
from swae_text.evaluation.held_out import HeldOut
from swae_text.evaluation.protocol import evaluate
from swae_text.evaluation.references import read_task
from swae_text.evaluation.tables import evaluation_tables
from swae_text.generation.decoding import Decoding
from swae_text.metrics.reconstruction import reconstruction
from swae_text.space import SentenceSpace


@pytest.fixture
def held_out(judges) -> HeldOut:
    return HeldOut.of(judges.corpus, "opinions", "test", 10_000)


def test_every_part_has_its_rows_and_its_evidence(space, judges, small, held_out, references):
    parts = ("reconstruction", "samples", "holes", "latent", "transfer")
    config = small.model_copy(update={"parts": parts})
    task = read_task(references, space.config.corpus)
    result = evaluate(space, held_out, config, judges, task).to_dict()
    assert [row["through"] for row in result["reconstruction"]] == [
        "copy",
        "stage one",
        "both stages",
    ]
    assert [row["name"] for row in result["samples"]] == ["real", "5-gram", "model"]
    rows = [row["name"] for row in result["transfer"]["rows"]]
    ours = ["vector", "edit", "reconstructed", "human 0, reconstructed"]
    assert rows == ["copy", "human 0", "human 1", "human 2", "human 3", *ours]
    tried = result["transfer"]["tried_on_valid"]
    assert {name: [float(s) for s in table] for name, table in tried.items()} == {
        "vector": list(config.strengths),
        "edit": list(config.confidences),
    }
    assert result["evidence"]["n"] == len(held_out.texts)
    assert result["evidence"]["evaluation"] == config.model_dump(mode="json")
    assert 0.5 < result["latent"]["probe"]["accuracy"] <= 1
    assert set(result["seconds"]) == set(parts)
    json.dumps(result, allow_nan=False)
    titles = [table.title for table in evaluation_tables(result)]
    assert len(titles) == 7
    assert all(table.markdown() for table in evaluation_tables(result))


def test_it_is_repeatable(space, judges, small, held_out):
    first, second = (evaluate(space, held_out, small, judges).to_dict() for _ in range(2))
    for part in ("reconstruction", "samples", "examples", "latent", "paths"):
        assert first[part] == second[part]


def test_copy_is_the_ceiling_and_the_rows_are_those_of_the_metric(space, judges, small, held_out):
    rows = evaluate(space, held_out, small, judges).reconstruction
    assert rows[0]["bleu"] == pytest.approx(100) and rows[0]["edit_distance"] == 0
    for row, name in zip(rows[1:], ("code", "latent"), strict=True):
        score = reconstruction(held_out.texts, space.reconstruct(held_out.texts, space=name))
        assert score.to_dict().items() <= row.items()


def test_real_text_scores_better_than_a_model_too_small_to_write(space, judges, small, held_out):
    real, ngrams, model = evaluate(space, held_out, small, judges).samples
    for row in (real, ngrams, model):
        assert math.isfinite(row["reverse"]["ngrams"]["value"])
    assert real["forward"]["ngrams"]["value"] < model["forward"]["ngrams"]["value"]
    assert ngrams["reverse"]["ngrams"]["value"] < model["reverse"]["ngrams"]["value"]


def test_without_a_prior_there_are_no_samples_but_a_word(space, judges, small, held_out):
    alone = SentenceSpace(space.config, space.tokenizer, space.autoencoder, labels=space.labels)
    result = evaluate(alone, held_out, small, judges)
    assert result.samples == [] and result.latent is None
    assert "no prior" in result.warnings[0]


def test_what_a_part_needs_is_asked_for(space, small, held_out):
    with pytest.raises(ConfigError, match="training split"):
        evaluate(space, held_out, small)
    with pytest.raises(ConfigError, match="references"):
        evaluate(space, held_out, small.model_copy(update={"parts": ("transfer",)}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"text": "a", "references": ["b"]}', r"r\.jsonl:1: a row needs a label"),
        ('{"text": "a", "label": "x"}\n', r"r\.jsonl:1: a row needs a label"),
        ('{"text": "a", "label": "x", "references": []}', r"r\.jsonl:1: a row needs"),
        ("", "holds no rows"),
        ("{", r"r\.jsonl:1: not valid JSON"),
    ],
)
def test_a_file_of_references_is_read_or_refused(tmp_path, text, message):
    path = tmp_path / "r.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        read_task(path, CorpusConfig())


def test_texts_and_references_are_normalised_alike(tmp_path):
    path = tmp_path / "r.jsonl"
    row = {"text": "I don't know.", "label": "x", "references": ["I don't know.", "Who knows?"]}
    path.write_text(json.dumps(row), encoding="utf-8")
    task = read_task(path, CorpusConfig(lowercase=True, split_punctuation=True))
    assert task.texts == ["i do n't know ."]
    assert task.references == [["i do n't know .", "who knows ?"]]


def test_a_temperature_changes_the_samples_and_is_printed(space, judges, small, held_out):
    only = small.model_copy(update={"parts": ("samples",)})
    warm = only.model_copy(update={"temperature": 1.0})
    greedy, drawn = (evaluate(space, held_out, config, judges).to_dict() for config in (only, warm))
    assert greedy["samples"][:2] == drawn["samples"][:2]  # real text knows no temperature
    assert drawn["examples"] == space.sample(120, seed=0, decoding=Decoding(1.0))[:50]
    assert greedy["examples"] != drawn["examples"]
    notes = [evaluation_tables(result)[0].note for result in (greedy, drawn)]
    assert [note.split("; ")[-1] for note in notes] == [
        "samples at temperature (0: greedy) 0",
        "samples at temperature (0: greedy) 1",
    ]


def test_how_samples_are_drawn_changes_them_and_is_printed(space, judges, small, held_out):
    chosen = {"noise_level": 0.8, "deviation": 1.5, "noise": 0.5, "best_of": 2, "rounds": 2}
    told = small.model_copy(update={"parts": ("samples",), **chosen})
    result = evaluate(space, held_out, told, judges).to_dict()
    drawn = space.sample(120, seed=0, sampling=SamplingConfig(**chosen))
    assert result["examples"] == drawn[:50]
    note = evaluation_tables(result)[0].note
    assert note.endswith(
        "(0: greedy) 0, deviation 1.5, noise level 0.8, noise 0.5, best of 2, rounds 2"
    )
