import hashlib
import io
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swae_text.errors import CheckpointError
from swae_text.training.checkpoint import Checkpoints
from swae_text.training.events import Note


@pytest.fixture
def two(tmp_path):
    """Two checkpoints, of steps 1 and 2."""
    checkpoints = Checkpoints(tmp_path, "one", keep=2)
    for step in (1, 2):
        checkpoints.save(step, {"step": step, "weights": torch.full((3,), float(step))})
    return checkpoints


def signed(state: bytes) -> bytes:
    return state + hashlib.sha256(state).digest()


@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_any_damage_is_seen_and_named(tmp_path_factory, where, bit, cut):
    checkpoints = Checkpoints(tmp_path_factory.mktemp("c"), "one", keep=2)
    checkpoints.save(1, {"step": 1})
    path = checkpoints.save(2, {"step": 2})
    data = bytearray(path.read_bytes())
    place = int(where * len(data))
    data[place] ^= 1 << bit
    path.write_bytes(data[:place] if cut else data)
    told: list[Note] = []
    state = checkpoints.newest(told.append)
    assert state is not None and state["step"] == 1
    assert [str(path) in note.text for note in told] == [True]


def test_the_newest_are_kept_and_those_that_were_passed_over_go(two):
    two.save(3, {"step": 3})
    assert [path.stem[-1] for path in two.paths()] == ["2", "3"]
    two.paths()[-1].write_bytes(b"cut short")
    assert two.newest()["step"] == 2
    two.save(2, {"step": 2})  # a signal, say, before step 3 came again
    assert [path.stem[-1] for path in two.paths()] == ["2"]


class Malicious:
    def __reduce__(self):
        return exec, ("raise SystemExit('executed')",)


def test_a_pickle_that_would_run_is_refused_even_under_a_right_checksum(two):
    data = io.BytesIO()
    torch.save({"step": Malicious()}, data)
    for evil in (data.getvalue(), pickle.dumps(Malicious()), b"", pickle.dumps([1])):
        two.paths()[-1].write_bytes(signed(evil))
        told: list[Note] = []
        assert two.newest(told.append)["step"] == 1
        assert "not a checkpoint" in told[0].text
    two.paths()[0].write_bytes(b"")
    with pytest.raises(CheckpointError, match="so are all before it"):
        two.newest()


def test_checkpoints_on_another_basis_go(two, tmp_path):
    assert not two.clear_other_basis()
    assert len(two.paths()) == 2
    assert Checkpoints(tmp_path, "one", keep=2, basis="other codes").clear_other_basis()
    assert two.newest() is None
