"""Pictures: what they say is what was measured, equal values give equal bytes."""

import math
import re
from xml.etree import ElementTree

import pytest

from swae_text.config import RunConfig
from swae_text.errors import ConfigError
from swae_text.evaluation.geometry import path_rows
from swae_text.evaluation.held_out import Encoded, HeldOut
from swae_text.evaluation.plots import latent_map, paths, training, transfer
from swae_text.evaluation.plots.canvas import COLOURS, form
from swae_text.metrics.perplexity import split_words

pytest.importorskip("matplotlib")

SCORES = {"accuracy": 0.4, "self_bleu": 60.0, "g_accuracy_self": 49.0, "n": 500}
JUDGED = {
    "evidence": {"model": "m", "corpus": "here", "split": "test", "seed": 3},
    "transfer": {
        "rows": [
            {"name": name, "n": 9, "accuracy": {"ngrams": 0.5}, "self_bleu": {"corpus": 40.0}}
            for name in ("copy", "human 0", "human 1", "vector", "edit", "human 0, reconstructed")
        ],
        "tried_on_valid": {"vector": {"1.0": SCORES}, "edit": {"0.9": SCORES, "0.95": SCORES}},
        "chosen": {"vector": 1.0, "edit": 0.95},
        "classifiers": {"ngrams": {"test_accuracy": 0.97, "n": 100}},
    },
}


def said(path):
    """The words of an SVG, which matplotlib notes beside their outlines."""
    text = path.read_text()
    ElementTree.fromstring(text)
    assert "dc:date" not in text
    return re.findall(r"<!-- (.+?) -->", text)


def test_training_curves_show_both_stages_of_every_run(tiny_run, tmp_path):
    run = training.Run.read(tiny_run)
    for name in ("a.svg", "b.svg"):
        training.draw([run, run], tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    words = said(tmp_path / "a.svg")
    assert {"Stage one", "Stage two", "BLEU on validation"} <= set(words)
    assert words.count(run.label()) == 2
    training.draw([run], tmp_path / "seconds.png", "seconds")
    assert (tmp_path / "seconds.png").read_bytes().startswith(b"\x89PNG")
    (end,) = run.of("one", "step")[-1:]
    assert run.falls("one", end) and not run.falls("one", {**end, "step": 1})


def test_a_folder_without_curves_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no training curve here"):
        training.Run.read(tmp_path)


def test_the_noise_is_full_between_two_looks(tiny_run):
    run = training.Run.read(tiny_run)
    config = run.config.model_copy(
        update={"model": run.config.model.model_copy(update={"code_noise": 1, "noise_warmup": 0.5})}
    )
    rows = [{"step": 0, "seconds": 0.0}, {"step": 60, "seconds": 12.0}]
    full = training._noise_is_full(training.Run("", config, rows), rows)
    assert full == {"step": 30, "seconds": 6.0}
    assert training._noise_is_full(training.Run("", config, rows), rows[:1]) is None
    tree = config.model_dump()
    tree["training"]["stage_one"] |= {"minutes": 0.1, "steps": 9999}
    hasty = training.Run("", RunConfig.model_validate(tree), rows)
    assert training._noise_is_full(hasty, rows) == {"step": 15, "seconds": 3.0}


def test_walks_are_pooled_as_the_protocol_pools_them(space, judges, small, tmp_path):
    held_out = HeldOut.of(judges.corpus, "here", "test", 8)
    found = path_rows(Encoded(space, held_out.texts), judges, small)
    told = {"paths": found, "evidence": JUDGED["evidence"]}
    result = paths.Profile.of_result("result", told)
    judge = judges.ngrams.log_probs
    walks = [
        [{"text": t, "perplexity": math.exp(-judge([t])[0] / (len(split_words(t)) + 1))} for t in p]
        for p in found["examples"]
    ]
    given = paths.Profile.of_walks("walks", walks)
    assert given.steps == pytest.approx(result.steps)
    assert given.middle_to_ends == pytest.approx(result.middle_to_ends)
    assert (given.n, result.n) == (4, 4)
    low, high = given.quarter
    assert all(a <= b for a, b in zip(low, high, strict=True))
    paths.draw([result, given], tmp_path / "paths.svg")
    assert f"walks, n = 4: middle / ends {given.middle_to_ends:.2f}" in said(tmp_path / "paths.svg")


@pytest.mark.parametrize(
    "walks", [[], [[{"text": "a", "perplexity": 2.0}]], [[{"text": "a"}, {"text": "b"}]]]
)
def test_walks_without_a_profile_are_refused(walks):
    with pytest.raises(ConfigError, match="--perplexity"):
        paths.Profile.of_walks("walks", walks)


def test_transfer_says_who_was_judged_on_how_many(tmp_path):
    transfer.draw({"mine": JUDGED, "yours": JUDGED}, tmp_path / "transfer.svg")
    words = said(tmp_path / "transfer.svg")
    assert words.count("people") == words.count("copy") == 1
    assert {"mine vector", "yours edit", "mine human 0, reconstructed"} <= set(words)
    assert any("n = 500" in word for word in words) and any("n = 9)" in word for word in words)
    with pytest.raises(ConfigError, match="--references"):
        transfer.draw({"mine": {"transfer": None}}, tmp_path / "none.svg")


def test_a_map_counts_its_labels_and_shares_the_last_colour(tmp_path):
    names = [str(number) for number in range(len(COLOURS) + 2)]
    labels = [name for place, name in enumerate(names) for _ in range(20 - place)]
    points = [(place / 7, -place / 3) for place in range(len(labels))]
    found = latent_map.Mapped(points, labels, (0.25, 0.125), "here", "n")
    latent_map.draw(found, tmp_path / "map.svg")
    words = said(tmp_path / "map.svg")
    assert "0 (n = 20)" in words and "3 others (36)" in words
    assert any("12.5 % of the variance" in word for word in words)


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.svg.gz"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"\.png or \.svg"):
        form(tmp_path / name)
