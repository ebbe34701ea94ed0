import os
import stat

import pytest

from swae_text.atomic import atomic_path, atomic_write


def test_writes_whole_files_and_makes_folders(tmp_path):
    path = tmp_path / "a" / "b.txt"
    atomic_write(path, b"first")
    atomic_write(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(path.parent) == ["b.txt"]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["kept.txt"]


def test_others_may_read_as_the_umask_allows(tmp_path):
    mask = os.umask(0o022)
    try:
        atomic_write(tmp_path / "open.txt", b"")
        assert stat.S_IMODE((tmp_path / "open.txt").stat().st_mode) == 0o644
    finally:
        os.umask(mask)
