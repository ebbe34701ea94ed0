"""A benchmark end to end on a tiny base: shared work, resumption, choices, tables, a picture."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from swae_text.errors import ConfigError
from swae_text.evaluation.benchmark import Benchmark, preference
from swae_text.evaluation.tables import _equals, benchmark_tables, mean_deviation
from swae_text.evaluation.works import load_benchmark

ROOT = Path(__file__).resolve().parents[2]
METHODS = ROOT / "configs/methods"


@pytest.fixture
def file(sentences, tmp_path) -> Path:
    tree = {
        "name": "small",
        "base": [str(ROOT / "configs/tiny.yaml")],
        "settings": {
            "corpus": {"source": str(sentences), "valid_size": 20, "test_size": 20},
            "tokenizer": {"vocab_size": 300},
            "training": {"stage_one": {"steps": 8, "evaluate_every": 8}},
        },
        "methods": [
            {"method": str(METHODS / "gaussian.yaml")},
            {
                "method": str(METHODS / "swae-sliced.yaml"),
                "settings": {"training": {"stage_two": {"steps": 6}}},
                "choose": {"stage_two.divergence.weight": [1.0, 10.0]},
            },
            {"method": str(METHODS / "aae.yaml"), "seeds": [0, 1]},
        ],
        "evaluation": {
            "parts": ["reconstruction", "samples", "latent"],
            "samples": 100,
            "paths": 3,
            "neighbours": 5,
            "lms": ["ngrams"],
        },
    }
    path = tmp_path / "benchmark.yaml"
    path.write_text(yaml.safe_dump(tree))
    return path


def benchmark(file: Path, folder: Path, heard: list[str]) -> Benchmark:
    config = load_benchmark(file)
    return Benchmark(config, file.parent, folder / "runs", folder / "results", heard.append)


def test_all_is_done_once_and_shown_in_one_table(file, tmp_path):
    heard: list[str] = []
    results = benchmark(file, tmp_path, heard).run()
    assert [(r["method"], r["seed"], r["split"]) for r in results] == [
        ("gaussian", 0, "test"),
        ("swae-sliced", 0, "valid"),
        ("swae-sliced", 0, "valid"),
        ("swae-sliced", 0, "test"),
        ("aae", 0, "test"),
        ("aae", 1, "test"),
    ]
    runs = sorted(path.name[:9] for path in (tmp_path / "runs").glob("stage-*"))
    assert runs == ["stage-one"] * 3 + ["stage-two"] * 3  # the two weights, and the Gaussian
    assert results[3]["settings"]["stage_two"]["divergence"]["weight"] in (1.0, 10.0)
    said = json.dumps(results)
    assert "examples" not in said
    assert len(list((tmp_path / "runs").glob("said-*"))) == 6

    silent: list[str] = []
    again = benchmark(file, tmp_path, silent)
    assert again.run() == results == again.finished()
    assert not any("training" in line for line in silent)

    test, valid = benchmark_tables(results, "small")
    assert [row[0] for row in test.rows] == ["*real*", "*5-gram*", "gaussian", "swae-sliced", "aae"]
    assert test.rows[-1][1] == 2 and "±" in str(test.rows[-1][2])
    assert len(valid.rows) == 2 and "weight=1.0" in str(valid.rows[0][1])
    assert "n=20" in test.markdown() and "kn5" in test.markdown()


def result(method: str, bleu: float, forward: float, reverse: float) -> dict[str, Any]:
    made = {"forward": {"ngrams": {"value": forward}}, "reverse": {"ngrams": {"value": reverse}}}
    return {
        "method": method,
        "reconstruction": [{"bleu": bleu}],
        "samples": [made],
        "evidence": {"evaluation": {"lms": ["ngrams"]}},
        "settings": {"training": {"stage_one": {"steps": 9}}, "stage_two": None},
    }


def test_only_runs_of_equal_reconstruction_are_set_against_another():
    results = [
        result("swae", 49.0, 80.0, 150.0),
        result("swae", 60.0, 100.0, 200.0),
        result("aae", 50.9, 320.0, 300.0),  # within 2 of the first
        result("aae", 59.0, 100.0, 400.0),  # of the second
        result("aae", 82.0, 1.0, 1.0),
        result("ae", 54.5, 1.0, 1.0),  # the mean of swae, and near no run of it
    ]
    table = _equals(results, ["swae"])
    ((name, steps, pairs, theirs, ours, forward, reverse),) = table.rows
    assert (name, steps, pairs, ours) == ("aae", "9 + 0", 2, 54.5)
    assert (theirs, forward, reverse) == pytest.approx((54.95, 2.0, 2.0))


def test_a_comparison_with_no_row_is_refused(file):
    with pytest.raises(ConfigError, match="'vae' is no row"):
        load_benchmark(file, ("compare=[vae]",))


def test_it_goes_on_where_it_was_stopped(file, tmp_path):
    class Stopped(Exception):
        pass

    def stopping(line: str) -> None:
        if line.startswith("aae, seed 0: evaluating"):
            raise Stopped

    config = load_benchmark(file)
    folders = (file.parent, tmp_path / "runs", tmp_path / "results")
    with pytest.raises(Stopped):
        Benchmark(config, *folders, stopping).run()
    before = sorted((tmp_path / "results").iterdir())
    assert len(before) == 4
    assert len(Benchmark(config, *folders, lambda line: None).run()) == 6


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs/benchmarks").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_benchmarks_of_the_project_are_valid(path, tmp_path):
    config = load_benchmark(path)
    folders = (path.parent, tmp_path / "runs", tmp_path / "results")
    assert Benchmark(config, *folders, lambda line: None).finished() == []
    results = ROOT / "docs/results" / path.stem
    kept = Benchmark(config, path.parent, tmp_path, results, lambda line: None).finished()
    assert len(kept) == len(list(results.glob("*.json")))  # none is of other settings
    assert len(kept) >= len(config.methods)
    if path.stem in ("yelp", "snli"):  # the whole zoo
        assert len(config.methods) >= 10 and len(kept) >= 40
        assert sum(len(method.seeds or ()) >= 3 for method in config.methods) >= 6


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("methods=[]", "methods"),
        ("methods.0.method=missing.yaml", "cannot be read"),
        ("colour=red", "unknown setting"),
        ("settings.model.code_dimm=3", "model.code_dimm"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(file, tmp_path, override, message):
    with pytest.raises(ConfigError, match=message):
        config = load_benchmark(file, (override,))
        Benchmark(config, file.parent, tmp_path, tmp_path, lambda line: None).run()


def test_settings_that_reconstruct_too_badly_come_last():
    def result(bleu: float, reverse: float) -> dict:
        return {
            "reconstruction": [{"bleu": bleu}],
            "samples": [{"reverse": {"ngrams": {"value": reverse}}}],
        }

    good, better, poor = result(50.0, 300.0), result(45.0, 200.0), result(20.0, 100.0)
    assert sorted([good, better, poor], key=lambda r: preference(r, 40.0)) == [better, good, poor]


@pytest.mark.parametrize(
    ("values", "said"),
    [([], None), ([12.345], "12.3"), ([1.0, 3.0], "2.00 ± 1.41"), ([2000.0], "2000")],
)
def test_mean_and_deviation(values, said):
    assert mean_deviation(values) == said


def test_the_picture_is_drawn_where_matplotlib_is_there(file, tmp_path):
    pytest.importorskip("matplotlib")
    from swae_text.evaluation.plots.pairs import draw

    results = benchmark(file, tmp_path, []).run()
    for ending in ("png", "svg"):
        draw(results, tmp_path / f"pair.{ending}", "small")
        assert (tmp_path / f"pair.{ending}").stat().st_size > 1000


def test_the_picture_is_of_one_split(tmp_path, monkeypatch):
    from swae_text.cli.benchmark import show
    from swae_text.evaluation.plots import pairs

    drawn = []
    monkeypatch.setattr(pairs, "draw", lambda results, path, title: drawn.extend(results))
    tries = [{"split": split, "method": "a", "seed": 0} for split in ("valid", "test", "valid")]
    show(tries, "small", "json", tmp_path / "pair.svg")
    assert drawn == tries[1:2]


def test_results_outlive_a_new_setting_but_not_a_changed_one(file, tmp_path):
    config = load_benchmark(file)
    folders = (file.parent, tmp_path / "runs", tmp_path / "results")
    work = Benchmark(config, *folders, lambda line: None)
    final = work._final(config.methods[0], 0)
    settings = final.config.model_dump(mode="json")
    evidence = {"evaluation": config.evaluation.model_dump(mode="json")}
    result = {"split": "test", "settings": settings, "evidence": evidence}
    assert final.made(result)
    del settings["model"]["bag_of_words"]  # as if it had been added since, with its default
    assert final.made(result)
    assert not replace(final, references="references.jsonl").made(result)
    assert not replace(final, evaluation=config.trial).made(result)
    settings["model"]["code_noise"] = 0.7
    assert not final.made(result)
    settings["model"] = {"gone": True}
    assert not final.made(result)


def test_a_choice_can_be_one_of_decoding_and_trains_nothing_twice(file, tmp_path):
    choose = "methods=[{method: %s, choose: {evaluation.temperature: [0.0, 0.5]}}]"
    config = load_benchmark(file, (choose % (METHODS / "dae.yaml"),))
    work = Benchmark(config, file.parent, tmp_path, tmp_path, lambda line: None)
    tries = work._tries(config.methods[0])
    assert [made.evaluation.temperature for made in tries] == [0.0, 0.5]
    assert all(made.evaluation.lms == config.trial.lms for made in tries)
    assert len({made.model_key() for made in tries}) == 1 and len({t.key() for t in tries}) == 2
