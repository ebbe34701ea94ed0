"""The verb `plot`: each picture from what other verbs leave behind, and what is refused."""

import json

import pytest

pytest.importorskip("matplotlib")


def drawn(command, *words, out):
    """The picture is there, and its path is all that is printed."""
    result = command("plot", *words, "--out", out)
    assert result.code == 0, result.err
    assert result.out == f"{out}\n"
    assert out.stat().st_size > 5000


def test_a_run_and_its_model_are_drawn(command, tiny_run, tmp_path):
    drawn(command, "training", tiny_run, "--against", "seconds", out=tmp_path / "t.svg")
    drawn(command, "map", tiny_run, "--limit", 40, "--space", "code", out=tmp_path / "new/m.PNG")
    few = ("--pairs", 5, "--steps", 3)
    drawn(command, "paths", tiny_run, tiny_run / "model", *few, out=tmp_path / "p.svg")


def test_paths_are_drawn_from_files(command, tiny_run, tmp_path):
    lines = "the cook was kind .\tthe waiter was rude .\n\n"
    walks = command("interpolate", tiny_run, "--pairs", "-", "--perplexity", stdin=lines).out
    judged = command("evaluate", tiny_run, "--only", "latent", "--limit", 20, "--json").out
    for name, text in (("walks.jsonl", walks), ("judged.json", judged)):
        (tmp_path / name).write_text(text)
    files = [tmp_path / "walks.jsonl", tmp_path / "judged.json"]
    drawn(command, "paths", *files, out=tmp_path / "paths.svg")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON objects"),
        ("word\n", "not JSON"),
        ("[1]", "no JSON objects"),
        ('{"transfer": 1}', "no file that this version wrote"),
        ('{"transfer": null}', "--references"),
        ("{}\n{}\n", "2 records"),
    ],
)
def test_other_files_are_refused_in_one_line(command, tmp_path, text, message):
    file = tmp_path / "result.json"
    file.write_text(text)
    result = command("plot", "transfer", file, "--out", tmp_path / "t.svg")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert message in result.err
    assert not (tmp_path / "t.svg").exists()


def test_the_ending_is_asked_for_before_anything_is_read(command, tmp_path):
    for words in (("training", "x"), ("map", "x"), ("paths", "x"), ("transfer", "x")):
        result = command("plot", *words, "--out", tmp_path / "a.pdf")
        assert result.code == 1 and ".png or .svg" in result.err
    assert command("curve", "x", "--plot", tmp_path / "a.pdf").err.count(".png or .svg") == 1


def test_an_empty_walk_has_no_profile(command, tmp_path):
    (tmp_path / "w.jsonl").write_text(json.dumps({"texts": [], "path": []}))
    result = command("plot", "paths", tmp_path / "w.jsonl", "--out", tmp_path / "a.svg")
    assert result.code == 1 and "w: no paths" in result.err


def test_names_are_as_short_as_they_differ(tmp_path):
    from swae_text.cli.plot import _named

    for name in ("a/told.json", "b/told.json", "b/other.json", "fixed-0.6/model/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    files = [tmp_path / name for name in ("a/told.json", "b/told.json", "b/other.json")]
    named = _named([*files, tmp_path / "fixed-0.6/model"])
    assert list(named) == ["a/told", "b/told", "other", "fixed-0.6"]
