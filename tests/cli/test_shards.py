"""Folders of Parquet shards on the command line: the work that is done on lines, and the soak."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swae_text.bulk.tasks import Encode
from swae_text.space import SentenceSpace

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["the cook smiled at us today .", None, "my friend was rude .", "", "our guide was kind ."]


@pytest.fixture
def shards(tmp_path):
    """Two shards with a column that is no text and one of its own name."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, texts in (("a", TEXTS), ("b", TEXTS[2:])):
        ids = pa.array(range(len(texts)), pa.uint8())
        pq.write_table(pa.table({"id": ids, "text": texts}), folder / f"{name}.parquet")
    return folder


def lines(texts):
    return "".join(json.dumps({"text": text or ""}) + "\n" for text in texts)


@pytest.mark.parametrize("space", ["latent", "code"])
def test_shards_hold_what_lines_do(command, tiny_run, shards, tmp_path, space):
    vectors, said, direct = (tmp_path / name for name in ("vectors", "said", "direct"))
    done = command("encode", tiny_run, shards, "--out", vectors, "--space", space)
    assert (done.code, done.out) == (0, "") and "2 shards, 8 rows" in done.err, done.err
    encoded = command("encode", tiny_run, "--space", space, stdin=lines(TEXTS))
    table = pq.read_table(vectors / "a.parquet")
    assert table.schema.names == ["id", "text", "z", "space", "error"]
    assert pa.types.is_fixed_size_list(table.schema.field("z").type)
    for row, record in zip(table.to_pylist(), encoded.records, strict=True):
        assert (row["z"] is None) == (record["z"] is None) == (not row["text"])
        assert row["z"] is None or np.allclose(row["z"], record["z"], atol=1e-4)
    assert command("decode", tiny_run, vectors, "--out", said).code == 0
    assert command("reconstruct", tiny_run, shards, "--out", direct, "--space", space).code == 0
    decoded = command("decode", tiny_run, stdin=encoded.out)
    expected = [record["text"] or None for record in decoded.records]
    for folder in (said, direct):
        made = pq.read_table(folder / "a.parquet")
        assert made["text"].to_pylist() == expected and made["input"].to_pylist() == TEXTS
        assert made.schema.field("id").type == pa.uint8()


def test_half_precision_is_half_precision_and_begins_no_other_folder(
    command, tiny_run, shards, tmp_path
):
    whole, half = tmp_path / "whole", tmp_path / "half"
    for out, dtype in ((whole, "float32"), (half, "float16")):
        assert command("encode", tiny_run, shards, "--out", out, "--dtype", dtype).code == 0
    z, h = (pq.read_table(out / "b.parquet")["z"] for out in (whole, half))
    assert h.type.value_type == pa.float16()
    flat = [np.array(column.combine_chunks().flatten()) for column in (z, h)]
    assert (flat[0].astype(np.float16) == flat[1]).all()
    assert command("decode", tiny_run, half, "--out", tmp_path / "said").code == 0
    refused = command("encode", tiny_run, shards, "--out", half)
    assert refused.code == 1 and "another dtype (float16, now float32)" in refused.err
    refused = command("encode", tiny_run, whole, "--out", half, "--text", "id")
    assert refused.code == 1 and "column 'id' holds uint8, not text" in refused.err


def test_weights_in_bfloat16_make_other_vectors_and_begin_no_other_folder(
    command, tiny_run, shards, tmp_path
):
    whole, near = tmp_path / "whole", tmp_path / "near"
    encode = ("encode", tiny_run, shards, "--space", "code", "--out")
    for out, precision in ((whole, "float32"), (near, "bfloat16")):
        assert command(*encode, out, "--precision", precision).code == 0
    z, h = (
        pq.read_table(out / "b.parquet")["z"].combine_chunks().flatten() for out in (whole, near)
    )
    assert z.type == h.type == pa.float32() and not z.equals(h)
    assert np.abs(np.array(z) - np.array(h)).max() < 0.1
    refused = command(*encode, near)
    assert refused.code == 1 and "another precision (bfloat16, now float32)" in refused.err


def test_attributes_move_rows(command, tiny_run, sentences, shards, tmp_path):
    vector, out = tmp_path / "liked.safetensors", tmp_path / "out"
    command("attribute", "fit", tiny_run, "--data", sentences, "--out", vector)
    apply = ("attribute", "apply", tiny_run, vector)
    strengths = ("--strength", 0.5, "--strength", 1)
    assert command(*apply, shards, "--out", out, *strengths).code == 0
    rows = pq.read_table(out / "a.parquet").to_pylist()
    records = command(*apply, *strengths, stdin=lines(TEXTS)).records
    assert [row["id"] for row in rows] == [0, 0, 1, 2, 2, 3, 4, 4]
    for row, record in zip(rows, records, strict=True):
        assert (row["text"] or "", row["input"] or "") == (record["text"], record["input"])
        assert row["strength"] == record.get("strength")
        assert (row["after"] is None) == (record.get("after") is None)
    vector.write_bytes(vector.read_bytes() + b" ")
    refused = command(*apply, shards, "--out", out, *strengths)
    assert refused.code == 1 and "begun with another moving" in refused.err


def test_a_model_is_what_it_weighs(tiny_run, tmp_path):
    model = SentenceSpace.from_pretrained(tiny_run / "model")
    paths = tmp_path / "same", tmp_path / "other"
    for path, half in zip(paths, (False, True), strict=True):
        model.save_pretrained(path, half=half, card="Another card.")
    own, same, other = (Encode(model=at).settings() for at in (tiny_run / "model", *paths))
    assert own == same and {key for key in own if own[key] != other[key]} == {"model"}


def test_work_that_is_killed_again_and_again_has_every_row_once(tiny_run):
    command = [sys.executable, str(ROOT / "scripts/bulk.py"), str(tiny_run)]
    command += ["--rows", "300", "--shards", "3", "--kills", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("equal to the unbroken shards byte for byte\n")
