"""Checkpoints: all that a stage needs to go on as if it had never stopped.

    checkpoints/stage-one-00001500.ckpt     weights, optimisers, step, epoch, place in the epoch,
                                            seconds spent, states of every random generator

A checkpoint appears whole or not at all; the newest few are kept, and one that cannot be read is
passed over for the one before it. Loading never executes anything (``weights_only=True``).
"""

import pickle
from pathlib import Path
from typing import Any

import torch

from swae_text.atomic import atomic_path
from swae_text.errors import CheckpointError


class Checkpoints:
    """The checkpoints of one stage of one run."""

    def __init__(self, folder: Path, stage: str, keep: int) -> None:
        self.folder, self.stage, self.keep = folder, stage, keep

    def save(self, step: int, state: dict[str, Any]) -> Path:
        """Write a checkpoint and remove those that are older than the newest ``keep``."""
        path = self.folder / f"stage-{self.stage}-{step:08d}.ckpt"
        with atomic_path(path) as temporary:
            torch.save(state, temporary)
        for old in self.paths()[: -self.keep]:
            old.unlink()
        return path

    def paths(self) -> list[Path]:
        """Checkpoints on disk, oldest first."""
        return sorted(self.folder.glob(f"stage-{self.stage}-*.ckpt"))

    def newest(self) -> dict[str, Any] | None:
        """State of the newest checkpoint that can be read; None when there is none at all.

        Raises:
            CheckpointError: there are checkpoints, and none of them can be read.
        """
        paths = self.paths()
        for path in reversed(paths):
            try:
                return dict(torch.load(path, map_location="cpu", weights_only=True))
            except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
                continue
        if paths:
            raise CheckpointError(
                f"{paths[-1]}: damaged, and so are all before it: "
                "train again with --overwrite, or put back a copy"
            )
        return None

    def clear(self) -> None:
        """Remove every checkpoint of the stage."""
        for path in self.paths():
            path.unlink()
