"""Files of sentences, read as a stream of rows: lines, JSONL, CSV, TSV, Parquet, and ``.gz``.

A row that cannot be read is told with its place: ``reviews.csv:17: 3 cells where the first line
has 2``. It is an error among the records, refused or skipped as ``corpus.on_bad_row`` says.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from swae_text.config import CorpusConfig
from swae_text.corpora.columns import Record, Row, bad_row, rows
from swae_text.corpora.lines import Stream, json_object, lines_of, refuse_bytes
from swae_text.errors import CorpusError, CorpusUnavailable

JSON_LINES = (".jsonl", ".ndjson", ".json")
TABLES = (".csv", ".tsv")
SUFFIXES = (*JSON_LINES, ".parquet", *TABLES, ".txt")
"""Endings of files that are known, the preferred first; ``.gz`` may follow all but Parquet's."""
LINES = 4096
"""Lines of a group that is read as a whole."""

_BLOCK = 1 << 22


Location: TypeAlias = Path | str
"""A file here, or the address of one elsewhere (``hf://datasets/owner/name/train.parquet``)."""


def kind_of(path: Location) -> str:
    """The file's ending without ``.gz``, in lower case: ``train.JSONL.gz`` is ``.jsonl``."""
    name = Path(path).name.lower().removesuffix(".gz")
    return Path(name).suffix


def read_file(
    path: Location, config: CorpusConfig, groups: Iterator[int], label: str | None = None
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
        yield from rows(parquet_rows(path), config, groups)
        return
    try:
        with _opened(Path(path)) as stream:
            yield from read_stream(stream, str(path), kind_of(path), config, groups, label)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error


def parquet_rows(path: Location, first: int = 0, last: int | None = None) -> Iterator[Record]:
    """The rows of a Parquet file from ``first`` to before ``last``, or to its end.

    Row groups outside of these are not read.

    Raises:
        CorpusError: the file cannot be read.
    """
    with _readable(path) as file:
        for group, (begin, end) in enumerate(_row_groups(file)):
            if begin < (end if last is None else last) and end > first:
                number = begin
                for batch in file.iter_batches(batch_size=4096, row_groups=[group]):
                    start = max(first - number, 0)
                    stop = None if last is None else max(last - number, 0)
                    for place, cells in enumerate(batch[start:stop].to_pylist(), number + start):
                        yield Record(cells, f"{path}:{place + 1}")
                    number += len(batch)


def parquet_groups(path: Location) -> list[tuple[int, int]]:
    """First row of each row group of a Parquet file, and the one after its last.

    Raises:
        CorpusError: the file cannot be read.
    """
    with _readable(path) as file:
        return _row_groups(file)


class LineGroup(NamedTuple):
    """Lines of a file that can be read without those before them."""

    first: int
    """Number of its first line, counted from 0."""
    last: int
    """The number after that of its last line."""
    offset: int
    """Byte at which its first line begins."""


def line_groups(path: Path) -> list[LineGroup]:
    """Every ``LINES`` lines of a file that is not compressed; it is gone through once for this.

    Raises:
        CorpusError: the file cannot be read.
    """
    starts, read, lines, ended = [0], 0, 0, True
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
                starts += (ends[LINES - 1 - lines % LINES :: LINES] + read + 1).tolist()
                lines, read, ended = lines + len(ends), read + len(block), block.endswith(b"\n")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error
    lines += not ended
    firsts = range(0, lines, LINES)
    return [
        LineGroup(first, min(first + LINES, lines), offset)
        for first, offset in zip(firsts, starts, strict=False)
    ]


def json_line_rows(
    path: Path, group: LineGroup, first: int, last: int
) -> Iterator[Record | CorpusError]:
    """The objects of a group's lines from ``first`` to before ``last``.

    Raises:
        CorpusError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(group.offset)
            lines = islice(lines_of(file, str(path), group.first), last - group.first)
            yield from _json_lines(islice(lines, first - group.first, None), str(path), first)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error


def read_json_lines(path: Path) -> Iterator[Record]:
    """Every object of a file of JSON lines, with all its keys.

    Raises:
        CorpusError: the file or a line of it cannot be read.
    """
    try:
        with _opened(path) as stream:
            for record in _json_lines(_lines(stream, str(path)), str(path)):
                if isinstance(record, CorpusError):
                    raise record
                yield record
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error


def read_stream(
    stream: Stream,
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
    lines = _lines(stream, name)
    first = next(lines, "")
    lines = chain([first] if first else [], lines)
    if kind in JSON_LINES or (kind not in TABLES and _is_json(first)):
        yield from rows(_json_lines(lines, name), config, groups)
    elif kind == ".csv":
        yield from rows(_table(lines, name, tabs=False), config, groups)
    elif kind == ".tsv" or "sentence1\tsentence2" in first:  # SNLI's own .txt is a table
        yield from rows(_table(lines, name, tabs=True), config, groups)
    else:
        for number, line in enumerate(lines, 1):
            yield _plain(line, label, next(groups), f"{name}:{number}", config)


def _opened(path: Path) -> BufferedReader | gzip.GzipFile:
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")


def _lines(stream: Stream, name: str) -> Iterator[str]:
    """Lines of text; what follows on damage in a compressed file is lost: that is no bad row."""
    number = 0
    try:
        for line in lines_of(stream, name):
            number += 1
            yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorpusError(f"{name}:{number + 1}: damaged gzip ({error}): copy it again") from error


def _plain(line: str, label: str | None, group: int, where: str, config: CorpusConfig) -> Row:
    try:
        refuse_bytes(line, where)
    except CorpusError as error:
        return bad_row(error, group, config)
    return Row(line, label, group, where)


def _is_json(line: str) -> bool:
    """Whether a line is meant as a JSON object and is no sentence that begins with a brace."""
    return re.match(r'\s*\{\s*(?:"|\}\s*$)', line) is not None


def _json_lines(lines: Iterable[str], name: str, before: int = 0) -> Iterator[Record | CorpusError]:
    for number, line in enumerate(lines, before + 1):
        if line.strip():
            where = f"{name}:{number}"
            try:
                yield Record(json_object(line, where), where)
            except CorpusError as error:
                yield error


def _table(lines: Iterable[str], name: str, *, tabs: bool) -> Iterator[Record | CorpusError]:
    """Rows under a first line of column names. Tab-separated files are read without quoting."""
    if tabs:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, strict=True)
    header: list[str] = []
    while (cells := _next_cells(reader, name)) is not None:
        if isinstance(cells, CorpusError):
            yield cells
        elif not header:
            header = _header(cells, f"{name}:{reader.line_num}")
        elif cells:
            try:
                yield _record(header, cells, f"{name}:{reader.line_num}", tabs=tabs)
            except CorpusError as error:
                yield error


def _next_cells(reader: Any, name: str) -> list[str] | CorpusError | None:
    """The cells of the next row, what is wrong with it, or None at the end."""
    try:
        cells: list[str] | None = next(reader, None)
        return cells
    except csv.Error as error:
        hint = ": is a quote left open?" if "field larger" in str(error) else ""
        return CorpusError(f"{name}:{reader.line_num}: not valid CSV ({error}){hint}")


def _header(cells: list[str], where: str) -> list[str]:
    """Names of the columns.

    Raises:
        CorpusError: two have the same name, or one is not UTF-8.
    """
    header = [cell.strip() for cell in cells]
    refuse_bytes("".join(header), where)
    for name in header:
        if name and header.count(name) > 1:
            raise CorpusError(f"{where}: two columns are called '{name}': rename one")
    return header


def _record(header: list[str], cells: list[str], where: str, *, tabs: bool) -> Record:
    if len(cells) != len(header):
        raise CorpusError(f"{where}: {len(cells)} cells where the first line has {len(header)}")
    refuse_bytes("".join(cells), where)
    cells = [_unquote(cell) for cell in cells] if tabs else cells
    return Record(dict(zip(header, cells, strict=True)), where)


def _unquote(cell: str) -> str:
    r"""Undo a spreadsheet's quoting of a cell with quotes in it: ``"a ""b"" c"`` is ``a "b" c``."""
    inner = cell[1:-1]
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and '""' in inner
    if quoted and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


@contextmanager
def _readable(path: Location) -> Iterator[Any]:
    """An open ``pyarrow.parquet.ParquetFile``; whatever is wrong with it is one line.

    Raises:
        CorpusError: it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with _fetched(path) as source, pq.ParquetFile(source) as file:
            yield file
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        problem = str(error).splitlines()[0]
        raise CorpusError(f"{path}: not a readable Parquet file ({problem})") from error


@contextmanager
def _fetched(path: Location) -> Iterator[Any]:
    """The file, or one elsewhere of which what is asked for is fetched, and not kept.

    Raises:
        CorpusUnavailable: it cannot be fetched.
    """
    if isinstance(path, Path):
        yield path
        return
    import fsspec

    try:
        with fsspec.open(path) as file:
            yield file
    except CorpusError:
        raise
    except Exception as error:  # whatever its transport does
        problem = " ".join(str(error).split())[:120] or type(error).__name__
        raise CorpusUnavailable(
            f"{path}: cannot be fetched ({problem}): a run goes on with --resume"
        ) from error


def _row_groups(file: Any) -> list[tuple[int, int]]:
    sizes = (file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups))
    ends = list(accumulate(sizes))
    return list(zip([0, *ends], ends, strict=False))
