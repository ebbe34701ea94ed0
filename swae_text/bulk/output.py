"""The folder that shards go to: whose it is, what it was begun with, and what is there already.

vectors/.lock            held while a command works in it
vectors/manifest.json    the model and the settings, which may not change on the way
vectors/NAME.parquet     one for each shard of the input, whole or not at all
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from swae_text.atomic import atomic_path, atomic_write, leftovers
from swae_text.bulk.rows import Worker, answer
from swae_text.bulk.shards import SUFFIX, Shard, read_shard
from swae_text.bulk.tasks import Task
from swae_text.errors import BulkError, CorpusError
from swae_text.lock import LOCK, locked

MANIFEST = "manifest.json"
FORMAT = "swae-text shards 1"
ROW_GROUP = 1 << 24
"""Bytes that are gathered in memory before they are written."""

_MADE_FROM = b"swae_text.made_from"


@dataclass(frozen=True)
class Tally:
    """Rows of a shard that could not be used."""

    bad: int = 0
    first: str = ""

    def and_those(self, errors: list[str]) -> "Tally":
        """With those of more rows."""
        return Tally(self.bad + len(errors), self.first or (errors[0] if errors else ""))


@contextmanager
def claimed(task: Task, shards: list[Shard], out: Path) -> Iterator[list[Shard]]:
    """Hold a folder for the while of the block, and give the shards that are still to be done.

    Raises:
        BulkError: another command works in it; it was begun with another model, other settings or
            other shards; it holds something else.
    """
    source = shards[0].path.parent
    if out.resolve() == source.resolve():
        raise BulkError(f"{out}: the shards are read from there: give another --out")
    if not (out / MANIFEST).exists() and _strangers(out):
        raise BulkError(f"{out}: not empty, and not begun by swae-text: give another --out")
    busy = f"{out}: another command is working in it: wait for it, or give another --out"
    with locked(out, BulkError(busy)):
        _same(task, out)
        clean(out)
        names = {shard.name for shard in shards}
        for path in sorted(out.glob(f"*{SUFFIX}")):
            if path.name not in names:
                raise BulkError(
                    f"{path}: there is no such shard in {source}: remove it, or give another --out"
                )
        yield [shard for shard in shards if not _there(shard, out)]


def clean(out: Path) -> None:
    """Remove what processes leave that were killed while they wrote; they must be gone."""
    for part in (*leftovers(out / f"*{SUFFIX}"), *leftovers(out / MANIFEST)):
        part.unlink(missing_ok=True)


def write_shard(
    shard: Shard, worker: Worker[Any], out: Path, *, skip: bool, told: Callable[[int], None]
) -> Tally:
    """Work on one shard and write what becomes of it.

    Raises:
        CorpusError: the shard is damaged, or a row cannot be used and is not to be skipped.
    """
    schema = worker.schema(shard.schema)
    words = [field.name for field in schema if not pa.types.is_nested(field.type)]
    schema = schema.with_metadata({**(schema.metadata or {}), _MADE_FROM: shard.fingerprint})
    tally, number, group = Tally(), 0, list[pa.RecordBatch]()
    with (
        atomic_path(out / shard.name) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd", use_dictionary=words) as writer,
    ):
        for window in shard.windows():
            made, errors = answer(worker, window, partial(shard.place, number), told)
            if errors and not skip:
                raise CorpusError(errors[0])
            tally = tally.and_those(errors)
            number += len(window)
            group.append(made)
            if sum(batch.nbytes for batch in group) >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(group))
                group.clear()
        if group:
            writer.write_table(pa.Table.from_batches(group))
    return tally


def _same(task: Task, out: Path) -> None:
    """Begin a folder, or see to it that it was begun with the same."""
    path, now = out / MANIFEST, {"format": FORMAT, **task.settings()}
    now = json.loads(json.dumps(now))  # a tuple is a list when it comes back
    if not path.exists():
        atomic_write(path, json.dumps(now, indent=1).encode())
        return
    try:
        before = dict(json.loads(path.read_bytes()))
    except ValueError as error:
        raise BulkError(f"{path}: damaged: give another --out") from error
    for key in {**now, **before}:
        if before.get(key) != now.get(key):
            old, new = (str(found.get(key))[:40] for found in (before, now))
            raise BulkError(
                f"{out}: begun with another {key} ({old}, now {new}): go on with the old one, or "
                "give another --out"
            )


def _there(shard: Shard, out: Path) -> bool:
    """Whether a shard is done.

    Raises:
        BulkError: what is there is damaged, or was made from something else.
    """
    path = out / shard.name
    if not path.exists():
        return False
    try:
        made_from = (read_shard(path).schema.metadata or {}).get(_MADE_FROM, b"").decode()
    except CorpusError as error:
        raise BulkError(f"{path}: damaged: remove it, it will be made anew") from error
    if made_from != shard.fingerprint:
        raise BulkError(f"{path}: not made from the {shard.path} of now: remove it, or --out OTHER")
    return True


def _strangers(out: Path) -> bool:
    """Whether there is anything that a command killed in its first moment does not leave."""
    ours = {out / LOCK, *leftovers(out / MANIFEST)}
    return out.is_dir() and bool(set(out.iterdir()) - ours)
