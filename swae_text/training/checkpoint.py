"""Checkpoints: all that a stage needs to go on as if it had never stopped.

    checkpoints/stage-one-00001500.ckpt     weights, optimisers, step, epoch, place in the epoch,
                                            seconds spent, states of every random generator;
                                            then the sha256 of all that, 32 bytes

A checkpoint appears whole or not at all, and the newest few are kept. One whose checksum differs
is named and passed over for the one before it. Loading never executes anything
(``weights_only=True``).
"""

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from swae_text.atomic import atomic_path
from swae_text.errors import CheckpointError
from swae_text.training.events import Note, Report, silent

_DIGEST = hashlib.sha256().digest_size


class Checkpoints:
    """The checkpoints of one stage of one run.

    Args:
        folder: where they are.
        stage: name of the stage.
        keep: how many are kept.
        basis: what the stage learns from; checkpoints on another basis lead nowhere.
    """

    def __init__(self, folder: Path, stage: str, keep: int, basis: str = "") -> None:
        self.folder, self.stage, self.keep, self.basis = folder, stage, keep, basis

    def save(self, step: int, state: dict[str, Any]) -> Path:
        """Write a checkpoint; keep the newest ``keep`` up to this one.

        Raises:
            CheckpointError: it cannot be written; those before it are untouched.
        """
        path, data = self._path(step), io.BytesIO()
        torch.save(state | {"basis": self.basis}, data)
        try:
            with atomic_path(path) as temporary, temporary.open("wb") as file:
                file.write(data.getbuffer())
                file.write(hashlib.sha256(data.getbuffer()).digest())
        except OSError as error:
            raise CheckpointError(
                f"{path}: cannot be written ({error.strerror}): make room and --resume; "
                "the checkpoints before it are whole"
            ) from error
        paths = self.paths()
        kept = paths.index(path) + 1  # any after it were damaged: the run went back before them
        for old in paths[: max(0, kept - self.keep)] + paths[kept:]:
            old.unlink()
        return path

    def paths(self) -> list[Path]:
        """Checkpoints on disk, oldest first."""
        return sorted(self.folder.glob(f"stage-{self.stage}-*.ckpt"))

    def newest(self, report: Report = silent) -> dict[str, Any] | None:
        """State of the newest checkpoint that is whole; None when there is none at all.

        Raises:
            CheckpointError: there are checkpoints, and none of them is whole.
        """
        paths = self.paths()
        for path in reversed(paths):
            try:
                return _read(path)
            except CheckpointError as error:
                report(Note(f"{error}: passed over for the one before it"))
        if paths:
            raise CheckpointError(
                f"{paths[-1]}: damaged, and so are all before it: "
                "train again with --overwrite, or put back a copy"
            )
        return None

    def discard(self, step: int) -> None:
        """Remove the checkpoint of a step, if there is one."""
        self._path(step).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove every checkpoint of the stage."""
        for path in self.paths():
            path.unlink()

    def clear_other_basis(self) -> bool:
        """Remove them all if they are not on this basis; whether that was so."""
        state = self.newest()
        other = state is not None and state.get("basis") != self.basis
        if other:
            self.clear()
        return other

    def same_basis(self, state: dict[str, Any]) -> None:
        """Refuse to go on from a state that has learned from something else.

        Raises:
            CheckpointError: it has; a state of before, which does not say, is believed.
        """
        if state.get("basis", "") not in ("", self.basis):
            raise CheckpointError(
                f"{self.folder}: stage {self.stage} has learned from other sentences than the "
                "corpus has now: put these back, or train it again with --overwrite"
            )

    def _path(self, step: int) -> Path:
        return self.folder / f"stage-{self.stage}-{step:08d}.ckpt"


def _read(path: Path) -> dict[str, Any]:
    """What was saved, if every byte is as it was written."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from error
    state, digest = memoryview(data)[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(state).digest() != digest:
        raise CheckpointError(f"{path}: damaged (its checksum differs)")
    try:
        return dict(torch.load(io.BytesIO(state), map_location="cpu", weights_only=True))
    except Exception as error:  # of many kinds, for bytes that this program did not write
        raise CheckpointError(f"{path}: not a checkpoint of this program") from error
