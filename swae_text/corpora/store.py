"""A corpus made ready once and opened at once ever after, memory-mapped.

    rows → sentences → splits → tokenizer → pieces → <cache>/corpora/<fingerprint>/

The fingerprint covers the settings, the files' names, sizes and times, and this package's version.
Sentences pass through in a stream: only a few numbers for each are held in memory. The folder is
made under a temporary name and renamed when it is whole.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from swae_text.atomic import sync
from swae_text.config import CorpusConfig, TokenizerConfig
from swae_text.corpora.catalog import with_catalog_defaults
from swae_text.corpora.cleaning import key, sentences
from swae_text.corpora.columns import Row
from swae_text.corpora.lines import standard_input
from swae_text.corpora.sources import hub_id, read_rows, source_files
from swae_text.corpora.splits import CleaningReport, Ledger, Part, make_splits, refuse_empty
from swae_text.corpora.tokenised import Encoded, TokenisedSplit, write_split
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.corpora.windows import Stream, Windows
from swae_text.errors import CorpusError, TokenizerError

LAYOUT = 1
"""Raise it when cleaning, splitting or the files below change: old caches are then left alone."""

TOKENIZER_SENTENCES = 300_000
"""Sentences that the tokenizer is trained on, about, spread over training: more only take time."""

Progress = Callable[[str], None]

_DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    RecursionError,
    pa.ArrowException,
    TokenizerError,
)  # what reading a cache can end in


@dataclass(frozen=True)
class PreparedCorpus:
    """Three tokenised splits and what made them."""

    train: TokenisedSplit
    valid: TokenisedSplit
    test: TokenisedSplit
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    """Names of the labels, sorted; a sentence's label is a position in here, or -1."""
    report: dict[str, Any]
    """``splits``: a ``CleaningReport`` each, as a dictionary; ``notes``: lines for the reader."""
    fingerprint: str
    cached: bool
    """Whether it was only opened."""
    stream: Stream | None = None
    """Where ``train`` is the first window of many: all of them."""

    def epoch(self, number: int) -> TokenisedSplit:
        """What is trained on in an epoch: all of ``train``, or the window of that number."""
        return self.train if self.stream is None else self.stream.read(number)

    def split(self, name: str) -> TokenisedSplit:
        """The part that is called train, valid or test."""
        return {"train": self.train, "valid": self.valid, "test": self.test}[name]

    def sentences(self, split: str, rows: NDArray[np.int64]) -> tuple[list[str], list[str | None]]:
        """Normalised texts of some rows of a split, and their labels; None where there is none."""
        part, names = self.split(split), (*self.labels, None)  # -1, no label, is the last
        return part.texts(rows), [names[label] for label in part.labels[rows].tolist()]


def prepare(
    corpus: CorpusConfig, tokenizer: TokenizerConfig, max_tokens: int, progress: Progress
) -> PreparedCorpus:
    """Clean, split and tokenise a corpus, or open it if that has been done before.

    Args:
        corpus: where the sentences are and which are kept.
        tokenizer: how to cut them into pieces.
        max_tokens: longest sentence in pieces, with its end; longer ones are dropped and counted.
        progress: told in a line what is going on.

    Raises:
        CorpusError: the source cannot be read, or too little of it is left.
        TokenizerError: the corpus does not fit the vocabulary size.
    """
    corpus = with_catalog_defaults(corpus)
    windows = Windows.of(corpus) if corpus.window else None
    cache = cache_folder()
    with _spooled_stdin(corpus, cache) as stdin:
        left_out = {"source"} | ({"on_bad_row"} if corpus.on_bad_row == "refuse" else set())
        left_out |= {"window"} if corpus.window is None else set()  # as before there was one
        settings = {
            "corpus": corpus.model_dump(mode="json", exclude=left_out),
            "tokenizer": _pieces(tokenizer),
            "max_tokens": max_tokens,
            "source": _identity(corpus, stdin),
            "version": [_version(), LAYOUT],
        }
        written = json.dumps(settings, sort_keys=True).encode()
        folder = cache / hashlib.sha256(written).hexdigest()[:32]
        if prepared := _open(folder, cached=True, progress=progress):
            return _streamed(prepared, windows, max_tokens)
        with _appearing(folder) as temporary, _maybe_open(stdin) as stream:
            source = read_rows(corpus, stream)
            if windows is not None:
                progress(f"streaming {windows.total:,} rows in {windows.a_pass:,} windows")
                source["train"] = windows.rows(0)
            _build(temporary, corpus, tokenizer, max_tokens, source, progress)
    prepared = _open(folder, cached=False, progress=progress)
    if prepared is None:
        raise CorpusError(f"{folder}: what was just written cannot be read: is the disk full?")
    return _streamed(prepared, windows, max_tokens)


def cache_folder() -> Path:
    """Where prepared corpora are kept: ``$SWAE_TEXT_CACHE`` or ``~/.cache/swae_text``."""
    root = os.environ.get("SWAE_TEXT_CACHE") or Path.home() / ".cache" / "swae_text"
    return Path(root) / "corpora"


def _build(
    folder: Path,
    corpus: CorpusConfig,
    config: TokenizerConfig,
    max_tokens: int,
    source: dict[str, Iterator[Row]],
    progress: Progress,
) -> None:
    """Write every file of a prepared corpus into a folder."""
    names: dict[str, int] = {}  # labels in the order they are met; sorted at the end
    cleaned: dict[str, Path] = {}
    ledgers: dict[str, Ledger] = {}
    for split, rows in source.items():
        cleaned[split] = folder / f"cleaned-{split}.arrow"
        ledgers[split] = _clean(rows, cleaned[split], names, corpus, progress)
    parts, notes = make_splits(ledgers, corpus)
    del ledgers
    if config.path is None:
        progress(f"training the tokenizer ({config.vocab_size} pieces)")
        every = 1 + int(parts["train"].kept.sum()) // TOKENIZER_SENTENCES
        texts = (text for batch in _chosen(cleaned["train"], parts["train"]) for text in batch[0])
        tokenizer = Tokenizer.train(islice(texts, 0, None, every), config)
    else:
        tokenizer = Tokenizer.from_file(Path(config.path))
    labels = sorted(names)
    place = {name: number for number, name in enumerate(labels)}
    positions = np.array([*(place[name] for name in names), -1], dtype=np.int32)
    reports = {}
    for split, part in parts.items():
        progress(f"encoding {split}")
        encoded = _encoded(cleaned[part.origin], part, tokenizer, positions)
        dropped = write_split(folder / f"{split}.arrow", encoded, max_tokens)
        reports[split] = CleaningReport.of(part.reasons).without(dropped)
    refuse_empty(reports, corpus.source)
    for path in cleaned.values():
        path.unlink()
    (folder / "tokenizer.model").write_bytes(tokenizer.to_bytes())
    report = {"splits": {name: counts.to_dict() for name, counts in reports.items()}}
    meta = {"labels": labels, "report": {"source": corpus.source, **report, "notes": notes}}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def _clean(
    rows: Iterator[Row],
    path: Path,
    names: dict[str, int],
    corpus: CorpusConfig,
    progress: Progress,
) -> Ledger:
    """Write the sentences that pass by themselves to disk and note every one in a ledger."""
    ledger = Ledger()
    schema = pa.schema([("text", pa.string()), ("label", pa.int32())])
    texts: list[str] = []
    codes: list[int] = []
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for row in rows:
            if row.problem:
                ledger.skip(row)
                continue
            code = -1 if row.label is None else names.setdefault(row.label, len(names))
            for sentence in sentences(row.text, corpus):
                if ledger.enter(sentence, row.group, corpus):
                    texts.append(sentence)
                    codes.append(code)
                if len(ledger) % 100_000 == 0:
                    progress(f"{path.stem}: {len(ledger):,} sentences read")
            if len(texts) >= 65_536:
                writer.write_batch(pa.record_batch([texts, codes], schema=schema))
                texts, codes = [], []
        writer.write_batch(pa.record_batch([texts, codes], schema=schema))
    if skipped := ledger.skipped():
        progress(f"{path.stem}: {skipped}")
    return ledger


def _chosen(path: Path, part: Part) -> Iterator[tuple[list[str], NDArray[np.int32]]]:
    """Texts and label codes of a part's kept sentences, a batch of the cleaned file at a time."""
    with pa.memory_map(str(path)) as file:
        reader = pa.ipc.open_file(file)
        rows, start = part.rows[part.kept], 0
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            first, last = np.searchsorted(rows, [start, start + len(batch)])
            chosen = batch.take(pa.array(rows[first:last] - start))
            start += len(batch)
            yield chosen.column("text").to_pylist(), chosen.column("label").to_numpy()


def _encoded(
    path: Path, part: Part, tokenizer: Tokenizer, positions: NDArray[np.int32]
) -> Iterator[Encoded]:
    for texts, codes in _chosen(path, part):
        if texts:
            yield texts, positions[codes], tokenizer.encode(texts)


def _open(folder: Path, *, cached: bool, progress: Progress) -> PreparedCorpus | None:
    """Open a prepared corpus; None where there is none. A damaged one is removed."""
    if not folder.is_dir():
        return None
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        train, valid, test = (
            TokenisedSplit(folder / f"{split}.arrow") for split in ("train", "valid", "test")
        )
        tokenizer = Tokenizer.from_bytes((folder / "tokenizer.model").read_bytes())
        labels, report = tuple(meta["labels"]), meta["report"]
    except _DAMAGE as error:
        progress(f"{folder} is damaged ({error}): preparing the corpus again")
        shutil.rmtree(folder)
        return None
    return PreparedCorpus(train, valid, test, tokenizer, labels, report, folder.name, cached)


def _streamed(prepared: PreparedCorpus, windows: Windows | None, most: int) -> PreparedCorpus:
    """The same with its windows, if it has any; what is held out stays out of all of them."""
    if windows is None:
        return prepared
    held_out = frozenset(map(key, (*prepared.valid.texts(), *prepared.test.texts())))
    return replace(prepared, stream=Stream(windows, prepared.tokenizer, most, held_out))


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A temporary folder that takes its name when the block ends well and else goes away.

    Where another process was faster, its folder stays and this one goes.

    Raises:
        CorpusError: the cache cannot be written.
    """
    temporary = folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".preparing-"))
        yield temporary
        for path in temporary.iterdir():
            sync(path)
        if not folder.exists():
            try:
                temporary.rename(folder)
            except OSError:  # "not empty", or "exists"
                if not folder.is_dir():
                    raise
        sync(folder.parent)
    except OSError as error:
        raise CorpusError(
            f"{folder.parent}: cannot be written ({error.strerror or error}): "
            "free some space, or set SWAE_TEXT_CACHE to a folder elsewhere"
        ) from error
    finally:
        if temporary != folder:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _spooled_stdin(corpus: CorpusConfig, cache: Path) -> Iterator[Path | None]:
    """Standard input as a file for the while of the block, so that its content can be hashed."""
    if corpus.source != "-":
        yield None
        return
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cache, prefix=".stdin-") as spool:
        shutil.copyfileobj(standard_input(), spool)
        spool.flush()
        yield Path(spool.name)


def _maybe_open(path: Path | None) -> AbstractContextManager[BinaryIO | None]:
    return path.open("rb") if path else nullcontext()


def _pieces(config: TokenizerConfig) -> dict[str, Any]:
    """What the tokenizer is: how it is trained, or the content of its file."""
    if config.path is None:
        return config.model_dump(mode="json", exclude={"path"})
    content = Tokenizer.from_file(Path(config.path)).to_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest()}


def _identity(corpus: CorpusConfig, stdin: Path | None) -> list[Any]:
    """What the source is, cheaply: a hub address, the content of stdin, or the files' details."""
    if stdin:
        with stdin.open("rb") as file:
            return ["stdin", hashlib.file_digest(file, "sha256").hexdigest()]
    if address := hub_id(corpus):
        return [address]
    identity = []
    for split, paths in source_files(corpus).items():
        for path in paths:
            path = Path(path)
            stat = path.stat()
            identity.append([split, str(path.resolve()), stat.st_size, stat.st_mtime_ns])
    return identity


def _version() -> str:
    try:
        return version("swae-text")
    except PackageNotFoundError:  # run from a checkout
        return "checkout"
