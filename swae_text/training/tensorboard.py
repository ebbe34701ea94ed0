"""The rows of ``metrics.jsonl`` for TensorBoard as well (extra ``logging``).

    runs/NAME/tensorboard/one      loss/cross_entropy, valid/bleu, … of stage one, by its steps
    runs/NAME/tensorboard/two      likewise

Each stage is a run of TensorBoard's, so that a panel has both. ``metrics.jsonl`` stays the truth: a
stage that goes on from a step says so with ``purge_step``, and TensorBoard forgets what was written
of later steps; rows from before TensorBoard was asked for are taken from the file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from swae_text.errors import ConfigError
from swae_text.training.tracking import MetricsLog, read_rows


class TensorBoardLog(MetricsLog):
    """A metrics log whose rows are written to event files, too.

    Args:
        path: the ``metrics.jsonl``; event files go to ``tensorboard/`` beside it.

    Raises:
        ConfigError: tensorboard is not installed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._new_writer = _summary_writer()
        self._writer: Any = None

    def write(self, **row: str | int | float) -> None:
        """Add one row to both."""
        super().write(**row)
        self._add(row)

    def forget_after(self, stage: str, step: int) -> None:
        """Make both ready for a stage that goes on from ``step``."""
        super().forget_after(stage, step)
        self.close()
        home = self.path.parent / "tensorboard" / stage
        fresh = not home.is_dir()
        self._writer = self._new_writer(str(home), purge_step=None if fresh else step + 1)
        for row in read_rows(self.path) if fresh else []:
            if row["stage"] == stage:
                self._add(row)

    def close(self) -> None:
        """End the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _add(self, row: dict[str, Any]) -> None:
        """Every number of a row as a scalar, on the disk when this returns."""
        for name, value in row.items():
            if name not in ("stage", "step"):
                self._writer.add_scalar(name.replace("_", "/", 1), value, row["step"])
        self._writer.flush()


@contextmanager
def metrics_log(path: Path, *, tensorboard: bool) -> Iterator[MetricsLog]:
    """The log of a stage, closed at the end of the block.

    Raises:
        ConfigError: tensorboard is asked for and not installed.
    """
    if not tensorboard:
        yield MetricsLog(path)
        return
    log = TensorBoardLog(path)
    try:
        yield log
    finally:
        log.close()


def require() -> None:
    """See to it that TensorBoard can be written, before anything is trained.

    Raises:
        ConfigError: tensorboard is not installed.
    """
    _summary_writer()


def _summary_writer() -> Any:
    """Torch's writer of event files, which needs the package tensorboard."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ConfigError(
            "training.tensorboard needs tensorboard: pip install 'swae-text[logging]'"
        ) from error
    return SummaryWriter
