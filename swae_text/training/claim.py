"""Whose run folder it is: one training at a time (``lock.py``), and always of the same settings."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swae_text.atomic import atomic_write, leftovers
from swae_text.config import RunConfig, dump_config, load_config
from swae_text.errors import ConfigError, TrainingError
from swae_text.folder import CARD, LARGEST
from swae_text.lock import LOCK, locked
from swae_text.sealed import CHECKSUMS

_SETTINGS = "config.yaml"
_WRITTEN = (
    _SETTINGS,
    "metrics.jsonl",
    "checkpoints/stage-*.ckpt",
    *(f"model/{name}" for name in (*LARGEST, CARD, CHECKSUMS)),
)


@contextmanager
def claimed(
    config: RunConfig, run_dir: Path, *, keep: bool, overwrite: bool, again: bool = False
) -> Iterator[None]:
    """Hold a run folder for the while of the block: made, or found to be of this run.

    Args:
        config: settings of the run; written into the folder.
        run_dir: the folder.
        keep: whether a run that is there may go on.
        overwrite: whether it may be thrown away.
        again: whether stage two is trained again, and not gone on with.

    Raises:
        ConfigError: the folder holds another run, a run that was not to be kept, or something else.
        TrainingError: another process trains in it.
    """
    settings = run_dir / _SETTINGS
    if not settings.exists() and _strangers(run_dir):
        raise ConfigError(f"{run_dir} is not empty and not a run: choose another --set name=…")
    busy = f"{run_dir}: another process is training in it: wait for it, or --set name=OTHER"
    with locked(run_dir, TrainingError(busy)):
        if overwrite:
            _empty(run_dir)
        if settings.exists():
            if not keep:
                raise ConfigError(
                    f"{run_dir} holds a run: give --resume to go on with it, --overwrite to throw "
                    "it away, or --set name=OTHER"
                )
            trained = not again and any(run_dir.glob("checkpoints/stage-two-*.ckpt"))
            same_weights(load_config(settings), config, run_dir, stage_two=trained)
        for written in _WRITTEN:
            for part in leftovers(run_dir / written):
                part.unlink()
        atomic_write(settings, dump_config(config).encode())
        yield


def spare(run_dir: Path, *needed: Path) -> None:
    """Refuse to throw a folder away together with what the new run begins with.

    Raises:
        ConfigError: one of these is the folder, or lies in it.
    """
    for path in needed:
        if path.resolve().is_relative_to(run_dir.resolve()):
            raise ConfigError(
                f"--overwrite would throw away {path}, which this run begins with: give it "
                "another name, --set name=OTHER"
            )


def same_weights(old: RunConfig, new: RunConfig, run_dir: Path, *, stage_two: bool = False) -> None:
    """Budgets may change when a run goes on; what shapes its weights or its data may not.

    Args:
        old: settings of before.
        new: settings of now.
        run_dir: folder of the run, for the message.
        stage_two: whether those of stage two count.

    Raises:
        ConfigError: names the first setting that differs.
    """
    for part in ("seed", "corpus", "tokenizer", "model", *(["stage_two"] if stage_two else [])):
        before, now = getattr(old, part), getattr(new, part)
        if before != now:
            raise ConfigError(
                f"{run_dir} was started with another `{part}` "
                f"({_first_difference(before, now)}): go on with the old settings, "
                + ("train it again with --stage two, " if part == "stage_two" else "")
                + "or --set name=OTHER"
            )


def _first_difference(before: object, now: object) -> str:
    if not hasattr(before, "model_dump") or not hasattr(now, "model_dump"):
        return f"{before}, now {now}"
    old, new = before.model_dump(), now.model_dump()
    key = next(key for key in old if old[key] != new[key])
    return f"{key}: {old[key]}, now {new[key]}"


def _strangers(run_dir: Path) -> bool:
    """Whether there is anything that a run killed in its first moment does not leave."""
    ours = {run_dir / LOCK, *leftovers(run_dir / _SETTINGS)}
    return run_dir.exists() and bool(set(run_dir.iterdir()) - ours)


def _empty(run_dir: Path) -> None:
    """Remove all but the lock; the settings last, so that the half of it is still a run."""
    for path in sorted(run_dir.iterdir(), key=lambda path: path.name == _SETTINGS):
        if path.name != LOCK:
            remove = shutil.rmtree if path.is_dir() and not path.is_symlink() else Path.unlink
            remove(path)
