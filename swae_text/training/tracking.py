"""``metrics.jsonl``: one JSON object a look, readable with ``jq`` and nothing else."""

import json
import os
from pathlib import Path


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

    def forget_after(self, stage: str, step: int) -> None:
        """Drop the rows of a stage past ``step``: a resumed run writes them again."""
        if not self.path.exists():
            return
        rows = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        kept = [row for row in rows if row["stage"] != stage or row["step"] <= step]
        if len(kept) < len(rows):
            from swae_text.atomic import atomic_write

            atomic_write(self.path, "".join(json.dumps(row) + "\n" for row in kept).encode())
