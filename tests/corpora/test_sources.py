import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from swae_text.config import CorpusConfig
from swae_text.corpora.columns import label_of
from swae_text.corpora.sources import hub_rows, read_rows, source_files
from swae_text.errors import CorpusError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def split_texts(source: object) -> dict[str, list[str]]:
    streams = read_rows(CorpusConfig(source=str(source)))
    return {split: [row.text.strip() for row in rows] for split, rows in streams.items()}


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(f"line of {name}\n")


def test_folder_with_split_names_ignores_the_rest(tmp_path: Path) -> None:
    touch(tmp_path, "train.txt", "dev.txt", "test.txt", "references.txt", "README.md", "train.log")
    assert split_texts(tmp_path) == {
        "train": ["line of train.txt"],
        "valid": ["line of dev.txt"],
        "test": ["line of test.txt"],
    }


def test_one_file_a_label_by_folder_and_by_prefix(tmp_path: Path) -> None:
    touch(tmp_path, "mood.train.0", "mood.train.1", "mood.dev.0", "mood.dev.1", "other.train.0")
    (tmp_path / "other.train.0").unlink()
    for source in (tmp_path, tmp_path / "mood"):
        streams = read_rows(CorpusConfig(source=str(source)))
        assert [row.label for row in streams["train"]] == ["0", "1"]
        assert [row.label for row in streams["valid"]] == ["0", "1"]
    assert list(source_files(CorpusConfig(source=str(tmp_path / "mood.train")))) == ["train"]


def test_of_two_formats_the_preferred_is_read_and_shards_are_joined(tmp_path: Path) -> None:
    (tmp_path / "snli_1.0_train.jsonl").write_text('{"sentence1": "a", "sentence2": "b"}\n')
    touch(tmp_path, "snli_1.0_train.txt", "test-00000-of-00002.txt", "test-00001-of-00002.txt")
    texts = split_texts(tmp_path)
    assert texts["train"] == ["a", "b"] and len(texts["test"]) == 2


def test_shards_that_name_no_split_are_one_file(tmp_path: Path) -> None:
    touch(tmp_path, "part-1.txt", "part-0.txt", "manifest.json", ".part-2.txt", "_part-3.txt")
    assert split_texts(tmp_path) == {"train": ["line of part-0.txt", "line of part-1.txt"]}
    touch(tmp_path, "other-0.txt")  # which of the two?
    with pytest.raises(CorpusError, match="no training file"):
        split_texts(tmp_path)
    touch(tmp_path, "train.txt")
    assert split_texts(tmp_path) == {"train": ["line of train.txt"]}


def test_groups_number_rows_over_all_files(tmp_path: Path) -> None:
    touch(tmp_path, "a.train.0", "a.train.1", "a.test.0")
    streams = read_rows(CorpusConfig(source=str(tmp_path)))
    assert [row.group for rows in streams.values() for row in rows] == [0, 1, 2]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("notes.txt",), "no training file"),
        (("train.txt", "train.small.txt"), "all look like 'train': keep one"),
    ],
)
def test_folders_that_are_unclear(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    touch(tmp_path, *names)
    with pytest.raises(CorpusError, match=message):
        read_rows(CorpusConfig(source=str(tmp_path)))


@pytest.mark.parametrize("source", ["no/such/file.txt", "yelpp", "hub:no spaces allowed"])
def test_sources_that_are_not_there(source: str) -> None:
    with pytest.raises(CorpusError, match="hub:owner/name"):
        read_rows(CorpusConfig(source=source))


def test_stdin_is_lines_or_json_lines() -> None:
    config = CorpusConfig(source="-")
    lines = read_rows(config, io.BytesIO(b"one\ntwo\n"))["train"]
    assert [row.where for row in lines] == ["stdin:1", "stdin:2"]
    rows = read_rows(config, io.BytesIO(b'{"text": "one", "label": true}\n'))["train"]
    assert [(row.text, row.label) for row in rows] == [("one", "True")]


def test_hub_splits_names_and_labels() -> None:
    datasets = pytest.importorskip("datasets")
    names = datasets.ClassLabel(names=["entailment", "neutral", "contradiction"])
    features = datasets.Features(
        {
            "premise": datasets.Value("string"),
            "hypothesis": datasets.Value("string"),
            "label": names,
        }
    )
    columns = {"premise": ["a", "b"], "hypothesis": ["c", "d"], "label": [1, -1]}
    snli = datasets.Dataset.from_dict(columns, features=features)
    config = CorpusConfig(source="hub:x/y", label="label")
    streams = hub_rows({"train": snli, "validation": snli, "extra": snli}, config)
    assert list(streams) == ["train", "valid"]
    rows = [(row.text, row.label, row.group) for row in streams["train"]]
    assert rows == [("a", "neutral", 0), ("c", "neutral", 0), ("b", None, 1), ("d", None, 1)]
    stars = datasets.Features({**features, "label": datasets.ClassLabel(names=["1", "2"])})
    yelp = datasets.Dataset.from_dict(columns | {"label": [0, 1]}, features=stars)
    assert [row.label for row in hub_rows({"train": yelp}, config)["train"]] == ["0", "0", "1", "1"]
    with pytest.raises(CorpusError, match="no split 'train'"):
        hub_rows({"test": yelp}, config)


def test_unreachable_hub_names_the_local_way_in_one_line() -> None:
    code = (
        "from swae_text.config import CorpusConfig\n"
        "from swae_text.corpora.sources import read_rows\n"
        "from swae_text.errors import CorpusUnavailable\n"
        "try:\n    read_rows(CorpusConfig(source='yelp'))\n"
        "except CorpusUnavailable as error:\n    print(error)\n"
    )
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.count("\n") == 1, done.stderr
    assert "--set corpus.source=FOLDER" in done.stdout and "corpus.unescape=true" in done.stdout


@pytest.mark.parametrize(
    ("cell", "label"),
    [(1, "1"), (1.0, "1"), (" pos ", "pos"), (None, None), (float("nan"), None), (-1, None)],
)
def test_labels_are_strings(cell: object, label: str | None) -> None:
    assert label_of(cell) == label


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sentences are not here")
def test_shared_folders() -> None:
    files = source_files(CorpusConfig(source=str(SHARED / "yelp")))
    found = {split: [path.name for path in paths] for split, paths in files.items()}
    assert found == {
        "train": ["train.jsonl.gz"],
        "valid": ["valid.jsonl.gz"],
        "test": ["test.jsonl.gz"],
    }
    pair = read_rows(CorpusConfig(source=str(SHARED / "raw_formats" / "sentiment")))["train"]
    assert [row.label for row in pair] == ["0"] * 200 + ["1"] * 200
