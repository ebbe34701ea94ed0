"""Where rows come from: a catalog name, a file, a folder, ``hub:owner/name``, or ``-``.

Every source becomes rows by split: ``{"train": …, "valid": …, "test": …}``, or ``{"train": …}``
alone where nothing is held out yet. The only module that imports ``datasets``, and only for a hub.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Any

from swae_text.config import CorpusConfig
from swae_text.corpora.catalog import CATALOG, find_entry, packaged_file, with_catalog_defaults
from swae_text.corpora.columns import Record, Row, find_columns, rows
from swae_text.corpora.formats import SUFFIXES, Location, kind_of, read_file, read_stream
from swae_text.corpora.lines import Stream, standard_input
from swae_text.errors import CorpusError, CorpusUnavailable

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "dev": "valid",
    "val": "valid",
    "test": "test",
}
"""What the splits are called in files and on the hub."""

_HUB_ID = re.compile(r"hub:([\w.-]+(?:/[\w.-]+)?)(?:/([\w.-]+))?(?:@([\w./-]+))?")


def read_rows(config: CorpusConfig, stdin: Stream | None = None) -> dict[str, Iterator[Row]]:
    """The rows of each split of a source, as streams that can be read once.

    Args:
        config: the source and its columns; what it leaves open the catalog or the names decide.
        stdin: read in place of standard input where the source is ``-``.

    Raises:
        CorpusError: the source is not there, or (while reading) a row cannot be read.
        CorpusUnavailable: the hub cannot be reached or a package is missing.
    """
    resolved = with_catalog_defaults(config)
    groups = count()
    if config.source == "-":
        stream = stdin or standard_input()
        return {"train": read_stream(stream, "stdin", "", resolved, groups)}
    if hub_id(config) and not config.window:
        return hub_rows(_load_from_hub(config), resolved)
    return {
        split: chain.from_iterable(
            read_file(path, resolved, groups, _label_in_name(path)) for path in paths
        )
        for split, paths in source_files(config).items()
    }


def hub_id(config: CorpusConfig) -> str | None:
    """The hub address that a source stands for, ``hub:owner/name[/config][@revision]``."""
    entry = find_entry(config.source)
    address = f"hub:{entry.hub}" if entry and entry.hub else config.source
    return address if address.startswith("hub:") else None


def source_files(config: CorpusConfig) -> dict[str, list[Location]]:
    """The files of each split: empty for standard input, and for a hub that is not streamed.

    ``PREFIX`` stands for ``PREFIX.train.0``, ``PREFIX.train.1``, ``PREFIX.dev.0`` and so on.

    Raises:
        CorpusError: no such file or folder, or a folder without a training file.
        CorpusUnavailable: the hub cannot be reached.
    """
    if hub_id(config):
        return _hub_shards(config) if config.window else {}
    if config.source == "-":
        return {}
    if config.source in CATALOG:
        return {"train": [packaged_file(CATALOG[config.source])]}
    path = Path(config.source).expanduser()
    if path.is_file():
        return {"train": [path]}
    folder, prefix = (path, "") if path.is_dir() else (path.parent, f"{path.name}.")
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [file for file in files if file.name.startswith(prefix) and file.is_file()]
    if path.exists() and not path.is_dir():
        raise CorpusError(f"{config.source}: not a regular file: read it from stdin ('-')")
    if not found and prefix:
        raise CorpusError(
            f"{config.source}: no such file or folder; a corpus is a file, a folder, '-', "
            f"hub:owner/name, or one of {', '.join(CATALOG)}"
        )
    return _files_by_split(found, config.source)


def hub_rows(dataset: Mapping[str, Any], config: CorpusConfig) -> dict[str, Iterator[Row]]:
    """Rows of the splits of a loaded hub data set (a ``datasets.DatasetDict``).

    Numbered labels get their names (``entailment``) unless those are mere numbers themselves.

    Raises:
        CorpusError: there is no training split or no column of text.
    """
    groups = count()
    splits = {SPLIT_NAMES[name]: name for name in dataset if name in SPLIT_NAMES}
    if "train" not in splits:
        raise CorpusError(f"{config.source}: no split 'train' (there are: {', '.join(dataset)})")
    return {
        split: rows(_hub_records(dataset[name], f"{config.source} {name}", config), config, groups)
        for split, name in splits.items()
    }


def _hub_records(split: Any, where: str, config: CorpusConfig) -> Iterator[Record]:
    columns = find_columns(split.column_names, config, where)
    used = [*columns.text, *([columns.label] if columns.label else [])]
    names = getattr(split.features.get(columns.label), "names", None) or []
    named = not all(name.isdigit() for name in names)
    for number, cells in enumerate(split.select_columns(used), 1):
        code = cells.get(columns.label)
        if named and isinstance(code, int):
            cells = {**cells, columns.label: names[code] if code >= 0 else None}
        yield Record(cells, f"{where}:{number}")


def _load_from_hub(config: CorpusConfig) -> Mapping[str, Any]:
    with _hub(config) as (datasets, address):
        loaded: Mapping[str, Any] = datasets.load_dataset(**address)
    return loaded


def _hub_shards(config: CorpusConfig) -> dict[str, list[Location]]:
    """Addresses of the files of each split; they are read where they lie, and not kept."""
    with _hub(config) as (datasets, address):
        files = datasets.load_dataset_builder(**address).config.data_files or {}
    return {SPLIT_NAMES[name]: [*files[name]] for name in files if name in SPLIT_NAMES}


@contextmanager
def _hub(config: CorpusConfig) -> Iterator[tuple[Any, dict[str, str | None]]]:
    """The library for the hub, and what it is to be asked for.

    Raises:
        CorpusError: the address is none.
        CorpusUnavailable: something went wrong with the library.
    """
    address = hub_id(config) or ""
    match = _HUB_ID.fullmatch(address)
    if not match:
        raise CorpusError(f"{address}: write a hub id as hub:owner/name[/config][@revision]")
    import datasets

    datasets.disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries fill the screen
    name, configuration, revision = match.groups()
    try:
        yield datasets, {"path": name, "name": configuration, "revision": revision}
    except Exception as error:  # the hub's client raises whatever its transport does
        raise CorpusUnavailable(_unavailable(config, name, error)) from error


def _unavailable(config: CorpusConfig, name: str, error: Exception) -> str:
    resolved = with_catalog_defaults(config)
    settings = "corpus.source=FOLDER"
    if resolved.unescape and resolved.split_sentences:
        settings += " --set corpus.unescape=true --set corpus.split_sentences=true"
    problem = " ".join(str(error).split())[:120] or type(error).__name__
    return (
        f"corpus '{config.source}' needs {name} from the Hugging Face hub, which cannot be had "
        f"({problem}): put its files (train.parquet, test.jsonl, …) in a folder and use "
        f"--set {settings}, or train offline with --set corpus.source=quickstart"
    )


def _files_by_split(files: list[Path], source: str) -> dict[str, list[Location]]:
    """Sort files into splits; of several formats (SNLI comes in two) the first known is used.

    Shards that name no split (``part-00000.parquet`` and so on) are one file in many.
    """
    candidates: dict[str, dict[str, list[Path]]] = {}
    for file in files:
        split = _split_in_name(file)
        if split:
            candidates.setdefault(split, {}).setdefault(kind_of(file), []).append(file)
    if not candidates and (shards := _shards(files)):
        return {"train": shards}
    if "train" not in candidates:
        raise CorpusError(
            f"{source}: no training file; name the files train, valid and test with one of "
            f"the endings {' '.join(SUFFIXES)} (or .0 and .1 for a file a label), or give one file"
        )
    return {
        split: _one_format(candidates[split], source, split)
        for split in ("train", "valid", "test")
        if split in candidates
    }


def _shards(files: list[Path]) -> list[Location]:
    """The files that differ in a number, if there is one such set and no more."""
    sets: dict[str, list[Location]] = {}
    for file in files:
        if kind_of(file) in SUFFIXES and file.name[0] not in "._":
            name = re.sub(r"\d+", "#", file.name)
            if name != file.name:
                sets.setdefault(name, []).append(file)
    return next(iter(sets.values())) if len(sets) == 1 else []


def _one_format(kinds: dict[str, list[Path]], source: str, split: str) -> list[Location]:
    for suffix in SUFFIXES:
        files = kinds.get(suffix, [])
        shards = [file for file in files if re.search(r"\d+-of-\d+", file.name)]
        if len(files) > 1 and files != shards:
            names = ", ".join(file.name for file in files)
            raise CorpusError(f"{source}: {names} all look like '{split}': keep one of them")
        if files:
            return [*files]
    return [file for files in kinds.values() for file in files]  # one file a label


def _split_in_name(path: Path) -> str | None:
    """The split that a file's name tells: ``snli_1.0_train.jsonl``, ``sentiment.dev.0``."""
    if kind_of(path) not in SUFFIXES and _label_in_name(path) is None:
        return None
    words = re.split(r"[._-]", path.name.lower())
    found = {SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES}
    return found.pop() if len(found) == 1 else None


def _label_in_name(path: Location) -> str | None:
    """``sentiment.train.0`` holds the sentences with label 0."""
    ending = kind_of(path)[1:]
    return ending if ending.isdigit() else None
