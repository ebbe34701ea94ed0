"""Records in, records out: lines or JSON lines on stdin and stdout, everything else on stderr.

A line that begins with ``{`` is a JSON object whose ``text`` is the sentence; its other keys are
passed through. Every input line has one record in the output, in order, an empty one too.
"""

import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar

from swae_text.errors import CorpusError

T = TypeVar("T")


class ReaderGone(Exception):
    """Whoever read stdout has closed it; the command ends without a word."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of input."""

    text: str
    """The sentence; empty for an empty line."""
    where: str
    """``file:line``, for messages."""
    fields: dict[str, Any] = field(default_factory=dict)
    """The whole JSON object; empty for a plain line."""

    @property
    def empty(self) -> bool:
        """True when there is no sentence to work on."""
        return not self.text.strip()


def read_records(file: str | None) -> Iterator[Record]:
    """Read a file, or stdin for None and ``-``, record by record.

    Raises:
        CorpusError: the file cannot be read, or a line is not UTF-8 or not a JSON object.
    """
    for text, fields, where in read_lines(file):
        sentence = text if fields is None else fields.get("text", "")
        if not isinstance(sentence, str):
            raise CorpusError(f"{where}: 'text' is not a string")
        yield Record(sentence, where, fields or {})


def read_lines(file: str | None) -> Iterator[tuple[str, dict[str, Any] | None, str]]:
    """Each line as it stands, the JSON object that it is (None: it is plain), and ``file:line``.

    Raises:
        CorpusError: the file cannot be read, or a line is not UTF-8 or not a JSON object.
    """
    name = "stdin" if file in (None, "-") else str(file)
    with _opened(file) as lines:
        for number, line in enumerate(lines, start=1):
            where = f"{name}:{number}"
            yield *_parse(line, where), where


@contextmanager
def _opened(file: str | None) -> Iterator[BinaryIO]:
    """Open a file for reading, or hand out stdin."""
    if file is None or file == "-":
        if sys.stdin.isatty():
            say("reading sentences from the terminal, one a line; Ctrl-D ends")
        yield sys.stdin.buffer
        return
    try:
        stream = open(file, "rb")  # noqa: SIM115 - closed below; only opening may be refused here
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read ({error.strerror})") from error
    with stream:
        yield stream


def _parse(line: bytes, where: str) -> tuple[str, dict[str, Any] | None]:
    """Read one line as text and, if it begins like one, as a JSON object."""
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{where}: not UTF-8 text: convert the file first") from error
    if not text.startswith("{"):
        return text, None
    try:
        return text, json.loads(text)
    except json.JSONDecodeError as error:
        raise CorpusError(f"{where}: begins with '{{' but is not JSON ({error.msg})") from error


def in_batches(records: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of ``size``; a person at a terminal is answered line by line."""
    records = iter(records)
    size = 1 if sys.stdin.isatty() and sys.stdout.isatty() else size
    while batch := list(itertools.islice(records, size)):
        yield batch


def for_sentences(batch: list[Record], work: Callable[[list[str]], list[Any]]) -> list[Any]:
    """Do ``work`` on the sentences of a batch; empty records have None in their places.

    Raises:
        CorpusError: a sentence was refused; the message says on which line it stands.
    """
    full = [record for record in batch if not record.empty]
    try:
        results = iter(work([record.text for record in full]) if full else ())
    except CorpusError:
        _blame(full, work)
        raise
    return [None if record.empty else next(results) for record in batch]


def _blame(records: list[Record], work: Callable[[list[str]], list[Any]]) -> None:
    """Find the record that was refused, by trying them alone, and name its line."""
    for record in records:
        try:
            work([record.text])
        except CorpusError as error:
            reason = str(error).removeprefix("sentence 1 ")
            raise CorpusError(f"{record.where}: {reason}") from error


def write_lines(lines: Iterable[str]) -> None:
    """Print lines on stdout and flush, so that the next program sees them now.

    Raises:
        ReaderGone: nobody reads any more.
    """
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError as error:
        # What is still buffered would be written, and fail again, when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ReaderGone from error


def say(text: str) -> None:
    """Tell the reader something that is not data."""
    print(text, file=sys.stderr, flush=True)
