"""The curve: each model judged once, only models of one corpus, the referee's own figures."""

import json
import shutil

import pytest

from swae_text.config import SamplingConfig
from swae_text.errors import ConfigError
from swae_text.evaluation import curve as curves
from swae_text.evaluation.curve import curve
from swae_text.evaluation.held_out import HeldOut
from swae_text.evaluation.protocol import evaluate
from swae_text.evaluation.tables import benchmark_tables
from swae_text.space import SentenceSpace


def test_each_model_is_judged_once_by_the_referee(tiny_run, space, judges, small, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(tiny_run / "model", other)
    heard: list[str] = []
    models = {"first": tiny_run / "model", "second": other}
    results = curve(models, "valid", small, lambda own: own, heard.append)
    held_out = HeldOut.of(judges.corpus, space.config.corpus.source, "valid", small.sentences)
    expected = evaluate(space, held_out, small, judges).to_dict()
    for part in ("reconstruction", "samples", "examples"):
        assert results[0][part] == results[1][part] == expected[part]
    assert results[1]["seconds"] == results[0]["seconds"]  # the same weights are not judged twice
    (table,) = benchmark_tables(results, "valid", split="valid")
    assert [row[0] for row in table.rows] == ["*real*", "*5-gram*", "first", "second"]


def test_each_model_is_judged_as_it_draws_by_itself(tiny_run, judges, small, tmp_path):
    mine = SentenceSpace.from_pretrained(tiny_run / "model")
    hot = SamplingConfig(temperature=1.0, noise=0.5)
    config = mine.config.model_copy(update={"sampling": hot})
    parts = (mine.tokenizer, mine.autoencoder, mine.stage_two, mine.labels)
    SentenceSpace(config, *parts).save_pretrained(tmp_path / "hot")
    models = {"plain": tiny_run / "model", "hot": tmp_path / "hot"}
    only = small.model_copy(update={"parts": ("samples",)})
    by_itself = curve(models, "valid", only, lambda own: own, len)
    asked = [result["evidence"]["evaluation"]["noise"] for result in by_itself]
    assert asked == [0.0, 0.5]
    assert by_itself[0]["examples"] != by_itself[1]["examples"]
    told = curve(models, "valid", only, lambda own: own.but(noise=0.0, temperature=0.0), len)
    assert told[0]["examples"] == told[1]["examples"] == by_itself[0]["examples"]


def test_models_of_two_corpora_are_not_compared(tiny_run, small, tmp_path):
    mine = SentenceSpace.from_pretrained(tiny_run / "model")
    shorter = mine.config.corpus.model_copy(update={"max_words": 7})
    config = mine.config.model_copy(update={"corpus": shorter})
    parts = (mine.tokenizer, mine.autoencoder, mine.stage_two, mine.labels)
    SentenceSpace(config, *parts).save_pretrained(tmp_path / "other")
    models = {"a": tiny_run / "model", "b": tmp_path / "other"}
    with pytest.raises(ConfigError, match="learned from another corpus"):
        curve(models, "valid", small, lambda own: own, len)


@pytest.mark.parametrize("change", [{"text": "our guide was late ."}, {"label": "hated"}])
def test_other_held_out_sentences_are_judged_anew(
    tiny_run, sentences, small, tmp_path, monkeypatch, change
):
    first, *rest = map(json.loads, sentences.read_text().splitlines())
    files = {"train": rest[20:], "valid": [first, *rest[:9]], "test": rest[9:20]}

    def write(split):
        lines = "".join(json.dumps(row) + "\n" for row in files[split])
        (tmp_path / f"opinions.{split}.jsonl").write_text(lines)

    for split in files:
        write(split)
    mine = SentenceSpace.from_pretrained(tiny_run / "model")
    source = {"source": str(tmp_path / "opinions")}
    config = mine.config.model_copy(update={"corpus": mine.config.corpus.model_copy(update=source)})
    parts = (mine.tokenizer, mine.autoencoder, mine.stage_two, mine.labels)
    SentenceSpace(config, *parts).save_pretrained(tmp_path / "model")
    judged = []
    monkeypatch.setattr(curves, "evaluate", lambda *on: judged.append(on[1]) or evaluate(*on))
    only = small.model_copy(update={"parts": ("reconstruction",)})
    for _ in range(2):
        curve({"a": tmp_path / "model"}, "valid", only, lambda own: own, len)
    assert len(judged) == 1
    files["valid"][0] = first | change
    write("valid")
    curve({"a": tmp_path / "model"}, "valid", only, lambda own: own, len)
    before, after = ((held_out.texts[0], held_out.labels[0]) for held_out in judged)
    assert after == tuple((first | change).values()) != before
