"""Folders of shards: what is done is not done again, and a death costs no more than a shard."""

import os
import signal
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swae_text.bulk.rows import Worker
from swae_text.bulk.run import run
from swae_text.bulk.shards import WINDOW
from swae_text.bulk.tasks import OnTexts
from swae_text.errors import BulkError, CorpusError
from swae_text.lock import locked


@dataclass(frozen=True, kw_only=True)
class Shout(OnTexts):
    """Capitals, from a process that dies at a word."""

    verb = "shout"
    loud: int = 1
    dies: bool = False

    def open(self) -> Worker[str]:
        def work(texts):
            if self.dies and "die" in texts:
                os.kill(os.getpid(), signal.SIGKILL)
            return [[{"text": text.upper() + "!" * self.loud}] for text in texts]

        return self.on_texts(work, ("text", pa.string()))

    def settings(self):
        return {"verb": self.verb, "loud": self.loud}


@pytest.fixture
def folder(tmp_path):
    """Three shards; the last is larger than a window."""
    folder = tmp_path / "in"
    folder.mkdir()
    texts = {"a": ["one", None], "b": ["die", "two"], "c": ["x" * (n % 9) for n in range(5000)]}
    for name, column in texts.items():
        pq.write_table(pa.table({"text": column}), folder / f"{name}.parquet", row_group_size=1500)
    (folder / "_SUCCESS.parquet").touch()  # Spark leaves such files
    return folder


@pytest.fixture
def task(tmp_path):
    return Shout(model=tmp_path)


def texts(path):
    return pq.read_table(path)["text"].to_pylist()


def test_shards_are_made_once_and_a_new_one_is_added(task, folder, tmp_path):
    out, seen = tmp_path / "out", []
    state = run(task, folder, out, watch=seen.append)
    assert (state.shards, state.before, state.done, state.rows) == (3, 0, 3, 5004)
    assert [now.rows for now in seen] == sorted(now.rows for now in seen)
    assert texts(out / "a.parquet") == ["ONE!", None]
    assert texts(out / "c.parquet")[WINDOW + 4] == "X" * ((WINDOW + 4) % 9) + "!"
    times = {path: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    pq.write_table(pa.table({"text": ["three"]}), folder / "d.parquet")
    state = run(task, folder, out)
    assert (state.shards, state.before, state.done, state.rows) == (4, 3, 1, 1)
    assert times.items() <= {path: path.stat().st_mtime_ns for path in out.iterdir()}.items()


def test_a_process_that_is_killed_costs_its_shard_alone(task, folder, tmp_path):
    out, whole = tmp_path / "out", tmp_path / "whole"
    with pytest.raises(BulkError, match=r"b\.parquet: the process .* has died \(SIGKILL\)"):
        run(Shout(model=tmp_path, dies=True), folder, out, processes=2)
    assert not list(out.glob(".*.part")) and not (out / "b.parquet").exists()
    state = run(task, folder, out, processes=2)
    assert state.before + state.done == 3
    run(task, folder, whole)
    for path in whole.glob("*.parquet"):
        assert path.read_bytes() == (out / path.name).read_bytes()


def test_what_a_process_raises_is_raised_here(task, folder, tmp_path):
    data = (folder / "c.parquet").read_bytes()
    (folder / "c.parquet").write_bytes(data[:100] + bytes(len(data) - 1100) + data[-1000:])
    with pytest.raises(CorpusError, match=r"c\.parquet: not a readable Parquet file"):
        run(task, folder, tmp_path / "out", processes=2)


def test_others_work_and_others_shards_are_refused(task, folder, tmp_path):
    out = tmp_path / "out"
    run(task, folder, out)
    with locked(out), pytest.raises(BulkError, match="another command is working in it"):
        run(task, folder, out)
    with pytest.raises(BulkError, match=r"begun with another loud \(1, now 2\)"):
        run(Shout(model=tmp_path, loud=2), folder, out)
    pq.write_table(pa.table({"text": ["four"]}), folder / "a.parquet")
    with pytest.raises(BulkError, match=r"a\.parquet: not made from the .*in/a\.parquet of now"):
        run(task, folder, out)
    (out / "a.parquet").write_bytes(b"half")
    with pytest.raises(BulkError, match=r"a\.parquet: damaged: remove it"):
        run(task, folder, out)
    (folder / "b.parquet").unlink()
    with pytest.raises(BulkError, match=r"b\.parquet: there is no such shard in .*in: remove it"):
        run(task, folder, out)


def test_what_killed_commands_leave_is_swept(task, folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for name in (".lock", ".manifest.json.ab12_xyz.part"):
        (out / name).touch()
    run(task, folder, out)
    (out / ".a.parquet.ab12_xyz.part").touch()
    run(task, folder, out)
    names = ["a.parquet", "b.parquet", "c.parquet", "manifest.json", ".lock"]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
