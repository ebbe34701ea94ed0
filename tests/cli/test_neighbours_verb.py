"""``swae-text neighbours``: sentences or vectors in, a corpus or its vectors beside them."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

LINES = "the cook smiled at us today .\n\nmy friend was rude and slow again .\n"


@pytest.fixture
def corpus(sentences, tmp_path):
    """The sentences under another name: the model's own file would be its training split."""
    return shutil.copy(sentences, tmp_path / "corpus.jsonl")


def test_a_sentence_of_the_corpus_is_its_own_neighbour_unless_excluded(command, tiny_run, corpus):
    asked = ("neighbours", tiny_run, "--among", corpus, "-k", 3)
    first, empty, last = command(*asked, stdin=LINES).records
    assert (empty["input"], empty["neighbours"]) == ("", [])
    for record, label in ((first, "liked"), (last, "hated")):
        near = record["neighbours"]
        assert (near[0]["text"], near[0]["label"]) == (record["input"], label)
        distances = [one["distance"] for one in near]
        assert distances == sorted(distances) and distances[0] < 0.01 < distances[1]
    without = command(*asked, "--exclude-self", stdin=LINES).records
    assert without[0]["neighbours"][:2] == first["neighbours"][1:]


def test_vectors_may_stand_for_the_query_and_for_the_corpus(command, tiny_run, corpus, tmp_path):
    written = tmp_path / "vectors.jsonl"
    written.write_text(command("encode", tiny_run, corpus).out + '{"z": null}\n')
    queries = command("encode", tiny_run, stdin=LINES).out
    slow = command("neighbours", tiny_run, "--among", corpus, "-k", 4, stdin=LINES)
    fast = command("neighbours", tiny_run, "--vectors", written, "-k", 4, stdin=queries)
    assert "240 vectors" in fast.err and "240 sentences" in slow.err
    for one, other in zip(slow.records, fast.records, strict=True):
        assert "z" not in other and one["input"] == other["input"]
        assert [near["text"] for near in one["neighbours"]] == [
            near["text"] for near in other["neighbours"]
        ]


def test_vectors_may_lie_in_shards(command, tiny_run, corpus, tmp_path):
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    shards, vectors = tmp_path / "shards", tmp_path / "vectors"
    shards.mkdir()
    for name, part in (("a", rows[:100]), ("b", [{"text": "", "label": None}, *rows[100:]])):
        pq.write_table(pa.Table.from_pylist(part), shards / f"{name}.parquet")
    assert command("encode", tiny_run, shards, "--out", vectors).code == 0
    asked = ("neighbours", tiny_run, "-k", 3)
    slow = command(*asked, "--among", corpus, stdin=LINES)
    fast = command(*asked, "--vectors", vectors, stdin=LINES)
    assert "240 vectors" in fast.err
    for one, other in zip(slow.records, fast.records, strict=True):
        near = ([(n["text"], n.get("label")) for n in r["neighbours"]] for r in (one, other))
        assert next(near) == next(near)
    pytest.importorskip("faiss")
    near = command(*asked, "--vectors", vectors, "--approximate", stdin=LINES)
    assert "an index of 241 rows (once)" in near.err
    assert [[n["text"] for n in one["neighbours"]] for one in near.records] == [
        [n["text"] for n in one["neighbours"]] for one in fast.records
    ]
    no_folder = command(*asked, "--approximate", "--among", corpus, stdin=LINES)
    assert no_folder.code == 2 and "wants --vectors FOLDER" in no_folder.err
    table = pq.read_table(vectors / "a.parquet").to_pylist()
    table[7]["z"] = [float("nan")] * len(table[7]["z"])
    table[8]["space"] = "code"
    pq.write_table(pa.Table.from_pylist(table), vectors / "a.parquet")
    refused = command(*asked, "--vectors", vectors, stdin=LINES)
    assert refused.code == 1 and "a.parquet:8: 'z' is not a list of finite" in refused.err
    skipped = command(*asked, "--vectors", vectors, "--on-bad-row", "skip", stdin=LINES)
    assert "238 vectors" in skipped.err and "skipped: 2; the first:" in skipped.err


def test_the_models_own_corpus_is_the_default_and_k_may_be_more_than_it_has(command, tiny_run):
    (record,) = command(
        "neighbours",
        tiny_run,
        "--split",
        "valid",
        "-k",
        99,
        "--metric",
        "cosine",
        stdin="again .\n",
    ).records
    near = [one["similarity"] for one in record["neighbours"]]
    assert sum(one["count"] for one in record["neighbours"]) == 20
    assert near == sorted(near, reverse=True) and all(-1 <= one <= 1 for one in near)


def test_equal_sentences_are_one_with_a_count(command, tiny_run, tmp_path):
    path = tmp_path / "few.jsonl"
    texts = ["again .", "the cook was kind .", "again .", "again ."]
    path.write_text("".join(json.dumps({"text": text, "id": 1}) + "\n" for text in texts))
    asked = ("neighbours", tiny_run, "--among", path)
    (record,) = command(*asked, stdin='{"text": "again .", "id": 7}\n').records
    counts = [(one["text"], one["count"]) for one in record["neighbours"]]
    assert record["id"] == 7 and counts == [("again .", 3), ("the cook was kind .", 1)]
    shown = command(*asked, "--format", "text", stdin="again .\n").out.splitlines()
    assert shown[0] == "again ." and "again ." in shown[1] and shown[-1] == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"z": [1, 2]}', "stdin:1: 'z' has 2 numbers"),
        ('{"z": [1], "space": "code"}', "stdin:1: the vector is of space 'code', not 'latent'"),
        ("word " * 500, "stdin:1: "),
    ],
)
def test_a_query_that_cannot_be_placed_is_named(command, tiny_run, line, reason):
    result = command("neighbours", tiny_run, "--split", "valid", stdin=line + "\n")
    assert (result.code, result.out) == (1, "") and reason in result.err


def test_two_corpora_or_none_are_refused(command, tiny_run, sentences, tmp_path):
    both = command("neighbours", tiny_run, "--among", sentences, "--vectors", sentences)
    assert both.code == 2 and "not both" in both.err
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    result = command("neighbours", tiny_run, "--vectors", empty, stdin=LINES)
    assert result.code == 1 and "no vectors" in result.err
