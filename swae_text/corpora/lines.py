"""Bytes to lines of text and JSON objects: what the files of a corpus and stdin have in common.

Text is UTF-8 with or without a byte order mark, lines end in LF or CRLF, and no line is longer than
``LONGEST_LINE``: what is no text at all is refused before it fills the memory.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from swae_text.errors import CorpusError

LONGEST_LINE = 16 * 2**20
"""Bytes of the longest line that is read."""

_STRAY_BYTE = re.compile("[\udc80-\udcff]")  # a byte that is no UTF-8, under surrogateescape


@runtime_checkable
class Stream(Protocol):
    """What lines are read from: a file, stdin, a compressed file."""

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, or all; none at the end."""

    def readline(self, size: int = -1, /) -> bytes:
        """The bytes up to the next LF and with it, but only so many; none at the end."""


def standard_input() -> Stream:
    """The bytes of stdin.

    Raises:
        CorpusError: it was closed before the command began.
    """
    if sys.stdin is None:
        raise CorpusError("stdin is closed: give a file, or send sentences through a pipe")
    return sys.stdin.buffer


def lines_of(stream: Stream, name: str, before: int = 0) -> Iterator[str]:
    """Lines with their ends; only LF ends a line, as JSON allows the rarer ones inside.

    So many lines lie ``before`` the stream's first one, in messages.

    Bytes that are not UTF-8 are still in there, as Python's surrogate escapes: ``refuse_bytes``
    names them. A row is thus refused as a row, also where it is several lines long.

    Raises:
        CorpusError: a line is too long.
    """
    number = before
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise CorpusError(
                f"{name}:{number}: a line of more than {LONGEST_LINE:,} bytes: is this text? "
                "Give one sentence or one JSON object a line"
            )
        yield line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")


def is_blank(text: str) -> bool:
    """Whether there is no sentence to work on: nothing that can be seen."""
    return not any(character.isprintable() and character != " " for character in text)


def refuse_bytes(text: str, where: str) -> None:
    """Pass text that was UTF-8.

    Raises:
        CorpusError: it was not; names the first byte that is wrong.
    """
    if not text.isascii() and (found := _STRAY_BYTE.search(text)):
        raise CorpusError(
            f"{where}: not UTF-8 text (byte 0x{ord(found[0]) - 0xDC00:02X}): "
            "convert the file, for example with iconv -f LATIN1 -t UTF-8"
        )


def json_object(line: str, where: str) -> dict[str, Any]:
    """The JSON object that a line is.

    Raises:
        CorpusError: it is not UTF-8, not JSON, or another value than an object.
    """
    refuse_bytes(line, where)
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise CorpusError(f"{where}: not valid JSON ({error.msg})") from error
    except RecursionError as error:
        raise CorpusError(f"{where}: not valid JSON (nested too deeply)") from error
    except ValueError as error:  # Python's limit on the digits of an integer
        raise CorpusError(f"{where}: a number with too many digits: write it as text") from error
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise CorpusError(f"{where}: a {kind} where one JSON object a line is needed")
    return value
