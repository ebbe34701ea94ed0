"""Files of sentences, read as a stream of rows: lines, JSONL, CSV, TSV, Parquet, and ``.gz``.

Text is UTF-8 with or without a byte order mark, lines end in LF or CRLF. A row that cannot be read
is refused with its place: ``reviews.csv:17: 3 cells where the first line has 2``.
"""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader
from itertools import chain, count
from pathlib import Path

from swae_text.config import CorpusConfig
from swae_text.corpora.columns import Record, Row, rows
from swae_text.errors import CorpusError

JSON_LINES = (".jsonl", ".ndjson", ".json")
TABLES = (".csv", ".tsv")
SUFFIXES = (*JSON_LINES, ".parquet", *TABLES, ".txt")
"""Endings of files that are known, the preferred first; ``.gz`` may follow all but Parquet's."""


def kind_of(path: Path) -> str:
    """The file's ending without ``.gz``, in lower case: ``train.JSONL.gz`` is ``.jsonl``."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def read_file(
    path: Path, config: CorpusConfig, groups: Iterator[int], label: str | None = None
) -> Iterator[Row]:
    """Every row of one file, by its ending; an unknown ending is read as one sentence a line.

    Args:
        path: the file.
        config: says which columns to read.
        groups: numbers the rows of the source, over all its files.
        label: label of each line, for plain lines only.

    Raises:
        CorpusError: the file or a row of it cannot be read.
    """
    if kind_of(path) == ".parquet":
        yield from rows(_parquet(path), config, groups)
        return
    try:
        with _opened(path) as stream:
            yield from read_stream(stream, str(path), kind_of(path), config, groups, label)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error


def read_json_lines(path: Path) -> Iterator[Record]:
    """Every object of a file of JSON lines, with all its keys.

    Raises:
        CorpusError: the file or a line of it cannot be read.
    """
    try:
        with _opened(path) as stream:
            yield from _json_lines(_decoded(stream, str(path)), str(path))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error


def read_stream(
    stream: Iterable[bytes],
    name: str,
    kind: str,
    config: CorpusConfig,
    groups: Iterator[int],
    label: str | None = None,
) -> Iterator[Row]:
    """Every row of an open stream of lines. Lines that begin with ``{`` are JSONL at any ending.

    Raises:
        CorpusError: a row cannot be read.
    """
    lines = _decoded(stream, name)
    first = next(lines, "")
    lines = chain([first], lines)
    if kind in JSON_LINES or (kind not in TABLES and _is_json(first)):
        yield from rows(_json_lines(lines, name), config, groups)
    elif kind == ".csv":
        yield from rows(_table(lines, name, tabs=False), config, groups)
    elif kind == ".tsv" or "sentence1\tsentence2" in first:  # SNLI's own .txt is a table
        yield from rows(_table(lines, name, tabs=True), config, groups)
    else:
        for number, line in enumerate(lines, 1):
            yield Row(line, label, next(groups), f"{name}:{number}")


def _opened(path: Path) -> BufferedReader | gzip.GzipFile:
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")


def _decoded(stream: Iterable[bytes], name: str) -> Iterator[str]:
    """Lines as text, with their ends; only LF ends a line, as JSON allows the rarer ones inside."""
    number = 0
    try:
        for number, line in enumerate(stream, 1):
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{name}:{number}: not UTF-8 text (byte {error.start + 1} of the line): "
            "convert the file, for example with iconv -f LATIN1 -t UTF-8"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorpusError(f"{name}:{number + 1}: damaged gzip ({error}): copy it again") from error


def _is_json(line: str) -> bool:
    """Whether a line is meant as a JSON object and is no sentence that begins with a brace."""
    return re.match(r'\s*\{\s*(?:"|\}\s*$)', line) is not None


def _json_lines(lines: Iterable[str], name: str) -> Iterator[Record]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            problem = getattr(error, "msg", "nested too deeply")
            raise CorpusError(f"{name}:{number}: not valid JSON ({problem})") from error
        if not isinstance(cells, dict):
            kind = type(cells).__name__
            raise CorpusError(f"{name}:{number}: a {kind} where one JSON object a line is needed")
        yield Record(cells, f"{name}:{number}")


def _table(lines: Iterable[str], name: str, *, tabs: bool) -> Iterator[Record]:
    """Rows under a first line of column names. Tab-separated files are read without quoting."""
    if tabs:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            where = f"{name}:{reader.line_num}"
            if not header:
                header = [cell.strip() for cell in cells]
            elif len(cells) == len(header):
                cells = [_unquote(cell) for cell in cells] if tabs else cells
                yield Record(dict(zip(header, cells, strict=True)), where)
            elif cells:
                raise CorpusError(
                    f"{where}: {len(cells)} cells where the first line has {len(header)}"
                )
    except csv.Error as error:
        raise CorpusError(f"{name}:{reader.line_num}: not valid CSV ({error})") from error


def _unquote(cell: str) -> str:
    r"""Undo a spreadsheet's quoting of a cell with quotes in it: ``"a ""b"" c"`` is ``a "b" c``."""
    inner = cell[1:-1]
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and '""' in inner
    if quoted and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = count(1)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096):
                for cells in batch.to_pylist():
                    yield Record(cells, f"{path}:{next(numbers)}")
    except (pa.ArrowException, OSError) as error:
        problem = str(error).splitlines()[0]
        raise CorpusError(f"{path}: not a readable Parquet file ({problem})") from error
