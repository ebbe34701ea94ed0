"""Who may write into a run folder."""

import subprocess
import sys

import pytest

from swae_text.cli.app import main
from swae_text.config import RunConfig, dump_config
from swae_text.errors import ConfigError, TrainingError
from swae_text.lock import locked
from swae_text.training.claim import claimed


def test_two_trainings_in_a_folder_are_refused_and_a_crash_sets_it_free(tmp_path, capsys):
    settings = tmp_path / "run/config.yaml"
    settings.parent.mkdir()
    settings.write_text(dump_config(RunConfig()))
    hold = "f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    command = [sys.executable, "-c", f"import fcntl, sys; {hold}", str(tmp_path / "run/.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        for option in ("--resume", "--overwrite"):
            assert main(["train", str(settings), option, "--runs-dir", str(tmp_path)]) == 1
            (line,) = capsys.readouterr().err.splitlines()
            assert "another process is training in it" in line
        other.kill()
    busy = TrainingError("busy")
    with locked(tmp_path / "run"), pytest.raises(TrainingError), locked(tmp_path / "run", busy):
        pass


def claim(folder, **options):
    with claimed(RunConfig(), folder, **{"keep": False, "overwrite": False} | options):
        return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("keep", [True, False])
def test_what_a_kill_in_the_first_moment_leaves_is_no_hindrance(tmp_path, keep):
    (tmp_path / ".lock").touch()
    (tmp_path / ".config.yaml.ab12_xyz.part").write_text("half")
    assert claim(tmp_path, keep=keep) == {".lock", "config.yaml"}


def test_only_what_a_run_leaves_is_swept(tmp_path):
    claim(tmp_path)
    ours = ".metrics.jsonl.ab12_xyz.part", "model/.README.md.ab12_xyz.part"
    ours += ("checkpoints/.stage-one-00000007.ckpt.ab12_xyz.part",)
    others = "thesis.part", ".vectors.safetensors.ab12_xyz.part", "model/.thesis.ab12_xyz.part"
    for name in (*ours, *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    left = claim(tmp_path, keep=True)
    assert left & {*ours, *others} == set(others)


@pytest.mark.parametrize("name", ["thesis.txt", ".thesis.ab12_xyz.part"])
def test_a_folder_of_something_else_is_left_as_it_is(tmp_path, name):
    (tmp_path / name).write_text("years of work")
    with pytest.raises(ConfigError, match="not a run"):
        claim(tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_overwriting_leaves_nothing_but_the_lock_that_is_held(tmp_path):
    claim(tmp_path)
    lock = (tmp_path / ".lock").stat().st_ino
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/stage-one-00000007.ckpt").touch()
    assert claim(tmp_path, overwrite=True) == {".lock", "config.yaml"}
    assert (tmp_path / ".lock").stat().st_ino == lock
