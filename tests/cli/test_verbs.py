"""The verbs that need a model, on one that is tiny and bad: forms, order, refusals."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from swae_text.pretrained import shipped

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "configs/tiny.yaml"
LINES = "the cook smiled at us today .\n\nmy friend was rude and slow again .\n"


@pytest.fixture
def vector(command, tiny_run, sentences, tmp_path):
    path = tmp_path / "liked.safetensors"
    result = command("attribute", "fit", tiny_run, "--data", sentences, "--out", path)
    assert (result.code, result.out) == (0, ""), result.err
    return path


@pytest.mark.parametrize("space", ["latent", "code"])
def test_decode_of_encode_is_reconstruct(command, tiny_run, space):
    encoded = command("encode", tiny_run, "--space", space, stdin=LINES)
    assert [record["text"] for record in encoded.records] == LINES.splitlines()
    assert encoded.records[1]["z"] is None
    decoded = command("decode", tiny_run, stdin=encoded.out)
    direct = command("reconstruct", tiny_run, "--space", space, stdin=LINES)
    assert [record["text"] for record in decoded.records] == [
        record["text"] for record in direct.records
    ]
    assert [record["input"] for record in direct.records] == LINES.splitlines()


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_weights_may_be_less_precise(command, tiny_run, precision):
    half, encode = ("--precision", precision), ("encode", tiny_run, "--space", "code")
    records = [command(*encode, *more, stdin=LINES).records for more in ((), half)]
    full, near = (np.array([r["z"] for r in found if r["z"]]) for found in records)
    assert not np.array_equal(full, near) and np.abs(full - near).max() < 0.1
    encoded = "".join(json.dumps(record) + "\n" for record in records[1])
    assert len(command("decode", tiny_run, *half, stdin=encoded).records) == 3
    assert len(command("reconstruct", tiny_run, *half, stdin=LINES).records) == 3
    assert len(command("sample", tiny_run, *half, "-n", 2).records) == 2


def test_decode_gives_all_that_the_beams_found(command, tiny_run):
    encoded = command("encode", tiny_run, stdin=LINES)
    found = command("decode", tiny_run, "--beams", 3, "--n-best", stdin=encoded.out).records
    near = command("decode", tiny_run, "--rerank", "--n-best", stdin=encoded.out).records
    assert found[1] == near[1] == {"text": "", "candidates": []}
    for record, beams in ((found[0], 3), (near[0], 5)):
        assert 1 <= len(record["candidates"]) <= beams
        assert record["text"] == record["candidates"][0]["text"]
    scores = [candidate["score"] for candidate in found[0]["candidates"]]
    assert scores == sorted(scores, reverse=True) and found[0]["candidates"][0]["distance"] is None
    distances = [candidate["distance"] for candidate in near[0]["candidates"]]
    assert distances == sorted(distances)
    direct = command("reconstruct", tiny_run, "--rerank", stdin=LINES).records
    assert [record["text"] for record in direct] == [record["text"] for record in near]


def test_batches_and_other_keys_change_nothing(command, tiny_run):
    lines = "".join(
        json.dumps({"text": line, "id": number}) + "\n"
        for number, line in enumerate(LINES.splitlines() * 3)
    )
    whole = command("reconstruct", tiny_run, "-", stdin=lines)
    assert [record["id"] for record in whole.records] == list(range(9))
    assert command("reconstruct", tiny_run, "--batch-size", 2, stdin=lines).out == whole.out


def test_a_model_folder_is_as_good_as_its_run(command, tiny_run):
    texts = [
        command("sample", path, "-n", 4, "--seed", 3, "--format", "text").out
        for path in (tiny_run, tiny_run / "model")
    ]
    assert texts[0] == texts[1]
    assert texts[0].count("\n") == 4


def test_more_than_memory_holds_is_no_fault(command, tiny_run):
    result = command("sample", tiny_run, "-n", 10**15)
    assert (result.code, result.out) == (1, "") and "not enough memory" in result.err


def test_samples_can_be_searched_but_not_drawn_and_searched(command, tiny_run):
    sample = ("sample", tiny_run, "-n", 4, "--beams", 3)
    assert len(command(*sample).records) == 4
    for option, value in (("temperature", 0.7), ("min-p", 0.1), ("top-k", 5), ("top-p", 0.9)):
        refused = command(*sample, f"--{option}", value)
        assert (refused.code, refused.out) == (2, "")
        assert f"a beam search draws nothing: leave out --{option}" in refused.err


def test_interpolate_begins_and_ends_with_the_reconstructions(command, tiny_run):
    a, _, b = LINES.splitlines()
    walk = command("interpolate", tiny_run, a, b, "--steps", 3, "--path", "slerp").records
    ends = [record["text"] for record in command("reconstruct", tiny_run, stdin=LINES).records]
    assert [point["t"] for point in walk] == [0.0, 0.5, 1.0]
    assert [walk[0]["text"], walk[-1]["text"]] == [ends[0], ends[2]]


def test_a_walk_over_several_sentences_collapses_what_is_said_twice(command, tiny_run):
    a, _, b = LINES.splitlines()
    walk = ("interpolate", tiny_run, a, b, b, "--steps", 3)
    whole, short = (command(*walk, *more).records for more in ((), ("--collapse",)))
    assert [point["t"] for point in whole] == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert whole[0]["distance"] == 0 and whole[1]["distance"] == whole[2]["distance"] > 0
    assert sum(point["count"] for point in short) == 5 and short[-1]["count"] >= 3
    texts = [point["text"] for point in short]
    assert all(one != other for one, other in itertools.pairwise(texts))
    assert command("interpolate", tiny_run, a).code == 2


def test_strength_zero_is_reconstruction(command, tiny_run, vector):
    moved = command("attribute", "apply", tiny_run, vector, "--strength", 0, stdin=LINES).records
    back = command("reconstruct", tiny_run, stdin=LINES).records
    assert [record["text"] for record in moved] == [record["text"] for record in back]
    assert moved[0]["before"] == moved[0]["aimed"] and moved[0]["distance"] == 0
    assert 0 <= moved[0]["after"] <= 1


def test_guidance_is_refused_by_a_model_that_always_saw_a_code(command, tiny_run, vector):
    vectors = command("encode", tiny_run, stdin=LINES).out
    verbs = (
        ("sample", tiny_run),
        ("decode", tiny_run),
        ("interpolate", tiny_run, "the cook smiled .", "the guide slept ."),
        ("attribute", "apply", tiny_run, vector),
        ("evaluate", tiny_run, "--only", "samples"),
    )
    for verb in verbs:
        given = vectors if verb[0] == "decode" else LINES
        result = command(*verb, "--guidance", 0.5, stdin=given)
        assert result.code == 1 and "model.code_dropout=0" in result.err.splitlines()[-1]
        assert command(*verb, "--guidance", -1, stdin=LINES).code == 2


def test_vectors_are_written_under_guidance(command):
    vectors = command("encode", "yelp-small", stdin="we waited .\nthe soup was cold .\n").out
    for more in ((), ("--beams", 3)):
        plain, told, blind = (
            [
                made["text"]
                for made in command("decode", "yelp-small", *more, *last, stdin=vectors).records
            ]
            for last in ((), ("--guidance", 1), ("--guidance", 0))
        )
        assert plain == told == ["we waited .", "the soup was cold ."]
        assert blind[0] == blind[1]


def test_moved_sentences_are_written_under_guidance(command):
    apply = ("attribute", "apply", "yelp-small", "sentiment", "--strength", 1)
    line = "the staff was friendly and helpful .\n"
    plain, told, blind = (
        command(*apply, *more, stdin=line).records[0]["text"]
        for more in ((), ("--guidance", 1), ("--guidance", 0))
    )
    assert plain == told != blind
    assert blind == command(*apply, "--guidance", 0, stdin="we waited .\n").records[0]["text"]


def test_edits_are_written_under_their_own_guidance(command):
    apply = ("attribute", "apply", "yelp-small", "sentiment", "--to", "negative", "--no-merge")
    line = "punctual , professional , informative .\n"
    plain, told, alone = (
        command(*apply, *more, stdin=line).records[0]["text"]
        for more in ((), ("--guidance", 0.6), ("--guidance", 1))
    )
    assert plain == told != alone


def test_a_list_of_strengths_gives_as_many_records_and_a_target_is_reached(
    command, tiny_run, vector
):
    apply = ("attribute", "apply", tiny_run, vector)
    several = command(*apply, "--strength", 1, "--strength", 2, stdin=LINES).records
    assert [record.get("strength") for record in several] == [1.0, 2.0, None, 1.0, 2.0]
    aimed = command(
        *apply, "--to", "liked", "--confidence", 0.7, "--leash", 99, stdin=LINES
    ).records
    assert all(record["aimed"] >= 0.699 for record in aimed if record["text"])
    assert all(record["strength"] >= 0 for record in aimed if record["text"])
    wrong = command(*apply, "--to", "angry", stdin=LINES)
    assert wrong.code == 1 and "'angry' is not one of this attribute" in wrong.err
    for usage in (("--to", "liked", "--strength", 1), ("--to", "liked", "--no-merge")):
        assert command(*apply, *usage, stdin=LINES).code == 2


@pytest.fixture
def probed(command, tiny_run, sentences, tmp_path):
    path = tmp_path / "probed.safetensors"
    asked = ("--data", sentences, "--out", path, "--probe", "slots")
    result = command("attribute", "fit", tiny_run, *asked)
    assert result.code == 0 and "2 slot probe(s)" in result.err and "space 'code'" in result.err
    return path


def test_a_slot_probe_is_followed_to_the_nearest_sentence_that_convinces_it(
    command, tiny_run, probed
):
    apply = ("attribute", "apply", tiny_run, probed, "--to")
    edits = command(*apply, "hated", "--confidence", 0.6, stdin=LINES).records
    assert len(edits) == 3 and edits[1] == {"text": "", "input": ""}
    for made in (edits[0], edits[2]):
        assert made["reached"] == (made["after"] >= 0.6)
        unchanged = made["text"] == made["input"]
        assert unchanged == (made["distance"] == 0) and unchanged >= (made["before"] >= 0.6)
    line = command(*apply, "hated", "--by", "line", stdin=LINES).records
    assert "strength" in line[0] and "reached" not in line[0]
    assert command(*apply, "angry", stdin=LINES).code == 1
    held = command(*apply, "hated", "--leash", 0, stdin=LINES).records
    assert [made["text"] for made in held] == LINES.splitlines()


def test_a_number_is_fitted_and_moved_to(command, tiny_run, sentences, tmp_path):
    path = tmp_path / "words.safetensors"
    fit = ("attribute", "fit", tiny_run, "--data", sentences, "--out", path, "--value")
    result = command(*fit, "words", "--method", "ridge")
    assert result.code == 0 and "a line explains" in result.err, result.err
    apply = ("attribute", "apply", tiny_run, path, "--leash", 99)
    aimed = command(*apply, "--to", 9, stdin=LINES).records
    assert aimed[0]["aimed"] == pytest.approx(9, abs=1e-3) and aimed[1]["text"] == ""
    assert command(*apply, "--to", "long", stdin=LINES).code == 1
    assert command(*fit, "label").code == 1  # labels are no numbers
    assert command(*fit, "words", "--probe", "slots").code == 2


def test_several_attributes_at_once(command, tiny_run, vector, sentences, tmp_path):
    words = tmp_path / "words.safetensors"
    fit = ("attribute", "fit", tiny_run, "--data", sentences, "--out", words, "--value", "words")
    assert command(*fit).code == 0
    apply = ("attribute", "apply", tiny_run, vector, "--strength", 2)
    alone = command(*apply, stdin=LINES).records
    none = command(*apply, "--also", f"{words}=0", stdin=LINES).records
    both = command(*apply, "--also", f"{words}=3", stdin=LINES).records
    apart = command(*apply, "--also", f"{words}=3", "--orthogonal", stdin=LINES).records
    assert none == alone and len({rows[0]["distance"] for rows in (alone, both, apart)}) == 3
    same = command(*apply, "--also", f"{vector}=1", "--orthogonal", stdin=LINES)
    assert same.code == 1 and "nothing is left" in same.err.replace("orthogonal to them ", "")
    assert command(*apply, "--also", f"{words}=much", stdin=LINES).code == 1
    assert command(*apply, "--also", words, stdin=LINES).code == 2
    assert command(*apply, "--orthogonal", stdin=LINES).code == 2


def test_outputs_far_from_the_prior_are_told_of_once(command, tiny_run, vector):
    apply = ("attribute", "apply", tiny_run, vector, "--batch-size", 1)
    far = command(*apply, "--strength", 0, "--strength", 1000, stdin=LINES)
    shares = [record["typicality"] for record in far.records if record["text"]]
    assert len(shares) == 4 and shares.count(0.0) == 2
    assert far.err.count("of 4 outputs") == 1 and "2 farther out" in far.err
    a, _, b = LINES.splitlines()
    walk = command("interpolate", tiny_run, a, b, "--steps", 3)
    assert all(0 <= point["typicality"] <= 1 for point in walk.records)
    coded = command("interpolate", tiny_run, a, b, "--steps", 3, "--space", "code").records
    assert coded[0]["typicality"] == walk.records[0]["typicality"]


def test_an_attribute_is_fitted_from_all_over_a_sorted_corpus(
    command, tiny_run, sentences, tmp_path
):
    rows = sentences.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "sorted.jsonl"
    unlabelled = '{"text": "nobody knows .", "label": null}'
    path.write_text("\n".join([*sorted(rows, key=lambda r: "hated" in r), unlabelled]))
    result = command(
        "attribute", "fit", tiny_run, "--data", path, "--out", tmp_path / "v", "--limit", 60
    )
    liked, hated = (int(n) for n in re.search(r"\((\d+)\).*\((\d+)\)", result.err).groups())
    assert result.code == 0 and liked + hated == 60 and min(liked, hated) > 15


def test_a_vector_of_another_space_is_refused(command, tiny_run, vector):
    result = command("attribute", "apply", tiny_run, vector, "--space", "code", stdin=LINES)
    assert (result.code, result.out) == (1, "")
    assert "fitted in space 'latent'" in result.err


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("plain words", 'no "z"'),
        ('{"z": [1, 2]}', "'z' has 2 numbers"),
        ('{"z": ["a"]}', "not a list of finite numbers"),
        ('{"z": [], "space": "outer"}', "not 'latent' or 'code'"),
    ],
)
def test_decode_names_the_line_that_it_cannot_read(command, tiny_run, line, reason):
    result = command("decode", tiny_run, stdin=f"\n{line}\n")
    assert result.code == 1
    assert "stdin:2: " in result.err
    assert reason in result.err


def test_too_long_a_sentence_is_named_by_its_line(command, tiny_run):
    result = command("encode", tiny_run, stdin=LINES + "far too long " * 100 + "\n")
    assert result.code == 1
    assert result.err.startswith("swae-text: stdin:4: ")


def test_evaluate_on_the_held_out_split(command, tiny_run):
    (result,) = command("evaluate", tiny_run, "--only", "reconstruction").records
    assert (result["evidence"]["split"], result["evidence"]["n"]) == ("test", 20)
    rows = result["reconstruction"]
    assert [row["through"] for row in rows] == ["copy", "stage one", "both stages"]
    copy, *models = rows
    assert copy["bleu"] == pytest.approx(100)
    assert all(0 <= row["bleu"] <= 100 and 0 <= row["token_accuracy"] <= 1 for row in models)
    assert "tok:none" in copy["signature"]


def test_evaluate_shows_every_part_for_people(command, tiny_run):
    asked = ("--samples", 100, "--lm", "ngrams", "--format", "table")
    shown = command("evaluate", tiny_run, *asked)
    assert shown.code == 0
    titles = ("Reconstruction", "Perplexity a word", "Diversity", "The space", "Linear paths")
    assert all(f"\n{title}" in f"\n{shown.out}" for title in titles)
    assert "The first ten samples" in shown.out and "samples=100" in shown.out
    assert [line.split()[0] for line in shown.out.splitlines() if " ngrams " in line] == [
        "real",
        "5-gram",
        "model",
    ]


def test_without_its_corpus_a_model_can_still_be_reconstructed_with(command, tiny_run, tmp_path):
    from swae_text.space import SentenceSpace

    space = SentenceSpace.from_pretrained(tiny_run / "model")
    gone = space.config.corpus.model_copy(update={"source": str(tmp_path / "gone.jsonl")})
    space.config = space.config.model_copy(update={"corpus": gone})
    space.save_pretrained(tmp_path / "model")
    data = tmp_path / "few.txt"
    data.write_text("the cook smiled at us today .\nmy friend was rude again .\n")
    refused = command("evaluate", tmp_path / "model", "--data", data)
    assert refused.code == 1 and "--only reconstruction" in refused.err
    (result,) = command(
        "evaluate", tmp_path / "model", "--data", data, "--only", "reconstruction"
    ).records
    assert result["evidence"]["n"] == 2


def test_evaluate_refuses_a_part_that_is_none(command, tiny_run):
    result = command("evaluate", tiny_run, "--only", "reconstruction,beauty")
    assert result.code == 2 and "beauty" in result.err


def test_benchmark_trains_judges_and_prints_one_table(command, sentences, tmp_path):
    tree = {
        "name": "pair",
        "base": [str(ROOT / "configs/tiny.yaml")],
        "settings": {
            "corpus": {"source": str(sentences), "valid_size": 20, "test_size": 20},
            "tokenizer": {"vocab_size": 300},
            "training": {"stage_one": {"steps": 5}},
        },
        "methods": [{"method": str(ROOT / f"configs/methods/{m}.yaml")} for m in ("ae", "aae")],
        "evaluation": {"parts": ["reconstruction", "samples"], "samples": 100, "lms": ["ngrams"]},
    }
    file = tmp_path / "pair.yaml"
    file.write_text(json.dumps(tree))
    folders = ("--runs-dir", tmp_path / "runs", "--results", tmp_path / "results")
    waiting = command("benchmark", file, *folders, "--render-only")
    assert (waiting.code, waiting.out) == (1, "") and "nothing is finished" in waiting.err
    first = command("benchmark", file, *folders)
    assert first.code == 0 and "| *real* |" in first.out
    assert len(list((tmp_path / "results/pair").glob("*.json"))) == 2
    again = command("benchmark", file, file, *folders, "--render-only")
    assert again.out == first.out * 2


def test_evaluate_counts_what_it_leaves_out(command, tiny_run, tmp_path):
    path = tmp_path / "mixed.jsonl"
    texts = ["the cook smiled at us today .", "", "word " * 40, "my friend was rude again ."]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    asked = ("evaluate", tiny_run, "--data", path, "--only", "reconstruction")
    (result,) = command(*asked).records
    evidence = result["evidence"]
    assert (evidence["n"], evidence["split"]) == (2, "all")
    assert evidence["left_out"] == {"empty": 1, "too_long": 1}
    table = command(*asked, "--limit", 1, "--format", "table")
    assert table.out.splitlines()[3].split() == ["copy", *["100.00"] * 3, "0.00", "–"]
    assert " n=1 " in table.out


def test_info_describes_model_and_machine(command, tiny_run):
    (facts,) = command("info", tiny_run).records
    assert facts["checksums"] == "ok"
    assert facts["labels"] == ["hated", "liked"]
    assert facts["parameters of stage one"] > facts["parameters of stage two"] > 0
    (machine,) = command("info").records
    assert machine["threads"] >= 1


def test_damage_is_noticed(command, tiny_run, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in (tiny_run / "model").iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    result = command("info", copy)
    assert result.code == 1
    assert "model.safetensors" in result.err


def test_data_prepare_reports_and_remembers(command, sentences):
    arguments = ["data", "prepare", TINY, "--set", f"corpus.source={sentences}"]
    arguments += ["--set", "tokenizer.vocab_size=300", "--set", "corpus.seed=5"]
    first, second = command(*arguments), command(*arguments)
    assert first.out == second.out
    (report,) = first.records
    assert sum(report["sentences"].values()) == 240
    assert sum(report["labels"]["train"].values()) == report["sentences"]["train"]
    assert second.err.splitlines()[-1] == "already prepared"


def test_train_prints_the_model_folder_and_guards_the_run(command, sentences, tmp_path):
    arguments = ["train", TINY, "--runs-dir", tmp_path]
    for setting in (
        f"corpus.source={sentences}",
        "tokenizer.vocab_size=300",
        "training.stage_one.steps=2",
        "training.stage_two.steps=2",
    ):
        arguments += ["--set", setting]
    first = command(*arguments)
    assert first.code == 0, first.err
    assert first.out.strip().endswith("model")
    again = command(*arguments)
    assert again.code == 1
    assert "--resume" in again.err
    assert command(*arguments, "--resume").out == first.out
    onward = command(*arguments, "--from", tmp_path / "tiny", "--set", "name=onward")
    assert onward.code == 0, onward.err
    made = tmp_path / "onward" / "config.yaml"
    assert f"start: {tmp_path / 'tiny' / 'model'}" in made.read_text()


@pytest.mark.skipif("yelp-small" not in shipped(), reason="wants a model that is shipped")
def test_a_run_that_begins_with_a_shipped_model_says_its_name_and_no_path(
    command, sentences, tmp_path
):
    arguments = ["train", ROOT / "configs/yelp-transformer.yaml", "--from", "yelp-small"]
    arguments += ["--runs-dir", tmp_path, "--stage", "one", "--set", f"corpus.source={sentences}"]
    short = "training.stage_one={steps: 1, batch_tokens: 64, evaluate_sentences: 2}"
    result = command(*arguments, "--set", short)
    assert result.code == 0, result.err
    made = (Path(result.out.strip()) / "config.yaml").read_text()
    assert "start: yelp-small\n" in made and str(ROOT) not in made


def test_a_model_is_exported_by_itself_and_finds_its_own_attributes(command, tiny_run, tmp_path):
    folder, line = tmp_path / "handed", tmp_path / "line.txt"
    line.write_text("the cook was kind and quick today .\n")
    assert command("export", tiny_run, folder, "--half").out == f"{folder}\n"
    out = folder / "attributes" / "mood.safetensors"
    assert command("attribute", "fit", folder, "--positive", "liked", "--out", out).code == 0
    by_name = command("attribute", "apply", folder, "mood", line)
    assert by_name.code == 0, by_name.err
    assert by_name.out == command("attribute", "apply", folder, out, line).out
    again = command("export", folder, folder)
    assert again.code == 1 and "give another folder" in again.err
    card = tmp_path / "card"
    card.write_bytes(b"caf\xe9")
    binary = command("export", folder, tmp_path / "other", "--card", card)
    assert binary.code == 1 and "card: not UTF-8" in binary.err


def test_a_model_is_handed_on_with_the_way_it_draws_samples(command, tiny_run, tmp_path):
    hot = ("--set", "sampling.noise=0.5", "--set", "sampling.best_of=2")
    assert command("export", tiny_run, tmp_path / "hot", *hot).code == 0
    sample = ("-n", 9, "--seed", 2)
    by_itself = command("sample", tmp_path / "hot", *sample).out
    told = command("sample", tiny_run, *sample, "--noise", 0.5, "--best-of", 2)
    assert by_itself == told.out, told.err
    plain = command("sample", tiny_run, *sample).out
    assert plain == command("sample", tmp_path / "hot", *sample, "--noise", 0).out != by_itself
    searched = command("sample", tiny_run, *sample, "--beams", 2).out
    assert searched == command("sample", tmp_path / "hot", *sample, "--beams", 2, "--noise", 0).out
    wide = ("--set", "sampling.search=2", "--set", "sampling.temperature=1")
    assert command("export", tiny_run, tmp_path / "wide", *wide).code == 0
    assert searched == command("sample", tmp_path / "wide", *sample).out != plain
    assert (
        plain == command("sample", tmp_path / "wide", *sample, "--beams", 1, "--temperature", 0).out
    )
    for verb, one in (("sample", "--beams 1"), ("evaluate", "--search 1"), ("curve", "--search 1")):
        refused = command(verb, tmp_path / "wide", "--min-p", 0.1)
        assert (refused.code, refused.out) == (2, "") and f"or give {one}" in refused.err
    for change, told in (
        ("sampling.noise=-1", "sampling.noise: Input should be"),
        ("model.code_noise=2", "only sampling"),
        ("stage_two.evaluations=16", "evaluations: unknown"),  # its stage two is no flow
    ):
        refused = command("export", tiny_run, tmp_path / "no", "--set", change)
        assert refused.code == 1 and told in refused.err
        assert not (tmp_path / "no").exists()
    assert command("sample", tiny_run, "--noise", "inf").code == 1


def test_curve_sets_runs_beside_each_other(command, tiny_run, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "curve.svg"
    few = ("--samples", 100, "--limit", 20)
    result = command("curve", tiny_run, *few, "--plot", picture)
    assert result.code == 0, result.err
    assert "### valid" in result.out and f"| {tiny_run.name} |" in result.out
    assert picture.stat().st_size > 1000
    twice = command("curve", tiny_run, tiny_run / "model", *few)
    assert twice.code == 1 and "would both be the row" in twice.err
