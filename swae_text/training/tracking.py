"""``metrics.jsonl``: one JSON object a look, readable with ``jq`` and nothing else."""

import json
import os
from pathlib import Path
from typing import Any

from swae_text.atomic import atomic_write, sync


class MetricsLog:
    """Appends rows to a run's ``metrics.jsonl``; each row is on the disk when ``write`` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, **row: str | int | float) -> None:
        """Add one row. Numbers are rounded to six significant digits."""
        rounded = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rounded) + "\n")
            file.flush()
            os.fsync(file.fileno())
        sync(self.path.parent)

    def forget_after(self, stage: str, step: int) -> None:
        """Make ready for a stage that goes on from ``step``, and writes all later rows again.

        Its rows up to there are kept, after those of other stages; a row that a killed process
        left unfinished is dropped.
        """
        if not self.path.exists():
            return
        text = self.path.read_text(encoding="utf-8", errors="replace")
        kept = [row for row in _rows(text) if row["stage"] != stage or row["step"] <= step]
        kept.sort(key=lambda row: row["stage"] == stage)
        whole = "".join(json.dumps(row) + "\n" for row in kept)
        if whole != text:
            atomic_write(self.path, whole.encode())


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The whole rows of a ``metrics.jsonl``; none where there is no such file."""
    if not path.exists():
        return []
    return _rows(path.read_text(encoding="utf-8", errors="replace"))


def _rows(text: str) -> list[dict[str, Any]]:
    return [row for line in text.splitlines() if (row := _row(line))]


def _row(line: str) -> dict[str, Any]:
    """The row on a line; empty for what is not a whole one."""
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) and {"stage", "step"} <= row.keys() else {}
