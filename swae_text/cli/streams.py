"""Records in, records out: lines or JSON lines on stdin and stdout, everything else on stderr.

A line that begins with ``{`` is a JSON object whose ``text`` is the sentence; its other keys are
passed through. Every input line has one record in the output, in order, an empty one too. A line
that cannot be used ends the command, or is skipped: its record has an ``error`` and no result.
"""

import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from swae_text.corpora.lines import (
    Stream,
    is_blank,
    json_object,
    lines_of,
    refuse_bytes,
    standard_input,
)
from swae_text.errors import CorpusError, SwaeTextError

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
        """True when there is no sentence to work on: nothing that can be seen."""
        return is_blank(self.text)


@dataclass
class BadLines:
    """What is done about lines that cannot be used, and how many there were."""

    choice: Literal["refuse", "skip"] = "refuse"
    count: int = 0
    first: str = ""

    def excuse(self, record: Record, error: CorpusError) -> Record:
        """The record with its error, counted.

        Raises:
            CorpusError: the error; such lines are refused.
        """
        if self.choice == "refuse":
            raise error
        self.count += 1
        self.first = self.first or str(error)
        return replace(record, fields={**record.fields, "error": str(error)})

    def tell(self) -> None:
        """Say on stderr how many there were, if any."""
        if self.count:
            say(f"lines that could not be used, skipped: {self.count:,}; the first: {self.first}")


def read_records(file: str | None, bad: BadLines) -> Iterator[Record]:
    """Read a file, or stdin for None and ``-``, record by record.

    Raises:
        CorpusError: the file cannot be read; or, where bad lines are refused, a line is not UTF-8,
            not a JSON object, or one without a sentence and without a vector.
    """
    for line, where in read_lines(file):
        try:
            record = _record(line, where)
        except CorpusError as error:
            record = bad.excuse(Record("", where), error)
        yield record


def read_lines(file: str | None) -> Iterator[tuple[str, str]]:
    """Each line without its end, and ``file:line``.

    Raises:
        CorpusError: the file cannot be read, or a line is far too long.
    """
    name = "stdin" if file in (None, "-") else str(file)
    with _opened(file) as stream:
        try:
            for number, line in enumerate(lines_of(stream, name), start=1):
                yield line.rstrip("\r\n"), f"{name}:{number}"
        except OSError as error:
            raise CorpusError(f"{name}: cannot be read ({error.strerror})") from error


def fields_of(line: str, where: str) -> dict[str, Any] | None:
    """The JSON object that a line is; None where it is a plain one.

    Raises:
        CorpusError: it is not UTF-8, or begins like an object and is none.
    """
    refuse_bytes(line, where)
    return json_object(line, where) if line.startswith("{") else None


def _record(line: str, where: str) -> Record:
    fields = fields_of(line, where)
    if fields is None:
        return Record(line, where)
    if "text" not in fields and "z" not in fields:
        raise CorpusError(f'{where}: no "text" (the keys are: {", ".join(fields) or "none"})')
    sentence = fields.get("text", "")
    if not isinstance(sentence, str):
        raise CorpusError(f"{where}: 'text' is not a string")
    return Record(sentence, where, fields)


@contextmanager
def _opened(file: str | None) -> Iterator[Stream]:
    """Open a file for reading, or hand out stdin."""
    if file is None or file == "-":
        stdin = standard_input()
        if is_terminal(sys.stdin):
            say("reading sentences from the terminal, one a line; Ctrl-D ends")
        yield stdin
        return
    try:
        stream = open(file, "rb")  # noqa: SIM115 - closed below; only opening may be refused here
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read ({error.strerror})") from error
    with stream:
        yield stream


def in_batches(records: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of ``size``; a person at a terminal is answered line by line."""
    records = iter(records)
    size = 1 if is_terminal(sys.stdin) and is_terminal(sys.stdout) else size
    while batch := list(itertools.islice(records, size)):
        yield batch


def for_sentences(
    batch: list[Record], work: Callable[[list[str]], Sequence[T]], bad: BadLines
) -> list[tuple[Record, T | None]]:
    """Each record with what ``work`` makes of its sentence; None for an empty or a bad one.

    Raises:
        CorpusError: a sentence was refused; the message says on which line it stands.
    """
    full = [record for record in batch if not record.empty]
    try:
        results = iter(work([record.text for record in full]) if full else ())
    except CorpusError:
        return [_alone(record, work, bad) for record in batch]
    return [(record, None if record.empty else next(results)) for record in batch]


def _alone(
    record: Record, work: Callable[[list[str]], Sequence[T]], bad: BadLines
) -> tuple[Record, T | None]:
    """The same for one record, so that a refusal names its line."""
    try:
        return record, None if record.empty else work([record.text])[0]
    except CorpusError as error:
        reason = str(error).removeprefix("sentence 1 ")
        return bad.excuse(record, CorpusError(f"{record.where}: {reason}")), None


def write_lines(lines: Iterable[str]) -> None:
    """Print lines on stdout and flush, so that the next program sees them now.

    Raises:
        ReaderGone: nobody reads any more.
        SwaeTextError: stdout is closed, or its disk is full.
    """
    if sys.stdout is None:
        raise SwaeTextError("stdout is closed: there is nowhere to write to")
    for line in lines:
        _to_stdout(line + "\n")
    _to_stdout("", flush=True)


def _to_stdout(text: str, *, flush: bool = False) -> None:
    code = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = text.encode(code, "backslashreplace").decode(code)  # half of a surrogate pair: \ud800
    try:
        print(text, end="", flush=flush)
    except OSError as error:
        # What is still buffered would be written, and fail again, when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise ReaderGone from error
        raise SwaeTextError(
            f"stdout cannot be written ({error.strerror}): what was written is not all there is"
        ) from error


def is_terminal(stream: Any) -> bool:
    """Whether a person is at the other end; none is at that of a closed stream (None)."""
    return stream is not None and stream.isatty()


def say(text: str) -> None:
    """Tell the reader something that is not data; nobody, where stderr is closed."""
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)
