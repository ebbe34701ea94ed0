r"""From the texts that users have to the sentences that models see.

``normalise`` is one function for training and for every sentence that a user types later; it is
idempotent. ``unescape`` and ``split_sentences`` come before it where a corpus holds escaped
reviews (Yelp on the hub: ``Nice.\n\nShe said \""hi\"".``). The style that ``lowercase`` and
``split_punctuation`` give is that of Shen et al. (2017): ``i do n't like it .``
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from swae_text.config import CorpusConfig

LONGEST = 10_000
"""Characters of the longest sentence that is worked on; what is longer counts as too long."""

_JOINERS = "\u200c\u200d"  # they hold emoji and Persian words together
_STRAIGHT = str.maketrans({"‘": "'", "’": "'", "´": "'", "“": '"', "”": '"', "„": '"'})
_CLOSING = "])}>\"'»"
_PLAIN = re.compile(r"([^\W\d_]+)([.,!?;:]?)")
_CONTRACTED = frozenset(("cannot", "gimme", "gonna", "gotta", "lemme", "wanna"))
_TOKENS = frozenset((*".,!?;:-()&$%", "...", "_num_", "n't", "'s", "'m", "'re", "'ve", "'ll", "'d"))
_NOT_WORD = re.compile(r"[\W_]+")

_WINDOWS = {  # bytes of Windows-1252 that were read as Latin-1
    code: bytes([code]).decode("cp1252", "ignore") or " " for code in range(0x80, 0xA0)
}
# A text may be ten million dots or spaces: no pattern tries a run again from each of its places.
_ESCAPED_BREAK = re.compile(r"(?<!\\)\\+[nr]")
_ESCAPED_QUOTES = re.compile(r'(?<!\\)(?:\\+"+)+|""+')
_BREAK_TAG = re.compile(
    r"<\s*+(?:/\s*+)?(?:br|p|hr|li|ul|ol|div|tr|h[1-6])\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(
    r"<\s*+(?:/\s*+)?(?:a|b|i|u|s|em|strong|span|font|small|big|tt|sup|sub|strike|img|code|pre|table|td"
    r"|blockquote|cite|q|center)\b[^<>]*>",
    re.IGNORECASE,
)

_SENTENCE_END = re.compile(
    r"""[.!?](?:\s?[.!?]){0,32}["')\]]*(?=\s)|(?<=[a-z]{2})[.!?]+(?=[A-Z][a-z])"""
)
_ABBREVIATIONS = re.compile(
    r"mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\.g|i\.e|cf|al|vol|approx|inc|ltd|co|corp|dept|est|min|max"
    r"|hrs?|lbs?|oz|ave|blvd|rd|jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec|gen|col|capt|lt|sgt|rev"
    r"|hon|gov|sen|rep",
    re.IGNORECASE,
)
_NEAR = 64  # characters around a stop that are looked at: no abbreviation is longer
_INITIALS = re.compile(r"(?:[a-z]\.)*[a-z]", re.IGNORECASE)


def normalise(text: str, config: CorpusConfig) -> str:
    """Bring a text into the form that the model is trained on; ``normalise`` twice is once.

    Unicode NFC; characters that cannot be printed are left out; single spaces; then lower case
    and punctuation set apart where ``config`` says so. The result may be empty. Of what is longer
    than ``LONGEST`` only the characters and spaces are seen to.
    """
    text = _plain(text, config)
    apart = config.split_punctuation and len(text) <= LONGEST
    return _split_punctuation(text) if apart else text


def _plain(text: str, config: CorpusConfig) -> str:
    if not text.isprintable():
        text = "".join(map(_printable, text))
    text = text.replace("\u2581", "_")  # SentencePiece's own sign for a space
    if config.lowercase:
        text = text.lower()
    text = " ".join(text.split())
    if not text.isascii() and len(text) <= LONGEST:  # the square of many accents on one letter
        text = unicodedata.normalize("NFC", text)
    return text


def key(sentence: str) -> str:
    """What makes two sentences the same: lower case, only letters and digits kept."""
    return _NOT_WORD.sub("", sentence.lower())


def sentences(text: str, config: CorpusConfig) -> Iterator[str]:
    """The normalised sentences of one text; one, maybe empty, where texts are not cut.

    Sentences above ``max_words`` are left as they are apart from spaces: they will be dropped.
    """
    if config.unescape:
        text = unescape(text)
    for sentence in split_sentences(text) if config.split_sentences else (text,):
        plain = _plain(sentence, config)
        short = plain.count(" ") < config.max_words and len(plain) <= LONGEST
        if config.split_punctuation and short:
            plain = _split_punctuation(plain)  # what is too long already only gets longer: spared
        yield plain


def unescape(text: str) -> str:
    r"""Undo what hubs and web pages do to reviews; line breaks become real ones.

    ``\\n`` and ``<br />`` to a line break, ``\"\"`` and ``\""`` to a quote, ``&amp;`` to ``&``,
    other HTML tags away, and Windows characters that were read as Latin-1 to what they were.
    """
    text = _without_entities(_without_entities(text.translate(_WINDOWS)))
    text = _ESCAPED_QUOTES.sub('"', _ESCAPED_BREAK.sub("\n", text)).replace("\\'", "'")
    return _TAG.sub("", _BREAK_TAG.sub("\n", text))


def _without_entities(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # an entity with more digits than Python makes numbers of
        return text


def split_sentences(text: str) -> list[str]:
    """Cut a text at line breaks and after ``.``, ``!`` and ``?``, but not after ``Mr.``.

    An ellipsis ends a sentence only before a capital. Pieces have no spaces at their ends and are
    never empty.
    """
    pieces = []
    for line in text.splitlines():
        start = 0
        for end in _SENTENCE_END.finditer(line):
            if _ends_sentence(line, start, end):
                pieces.append(line[start : end.end()].strip())
                start = end.end()
        pieces.append(line[start:].strip())
    return [tidy for piece in pieces if (tidy := _balanced(piece))]


def _balanced(piece: str) -> str:
    """Take off a bracket or quote at an end whose partner went to another sentence."""
    opened = piece.count("(") - piece.count(")")
    if opened > 0:
        piece = piece.removeprefix("(")
    elif opened < 0:
        piece = piece.removesuffix(")")
    if piece.count('"') % 2:
        piece = piece[1:] if piece.startswith('"') else piece.removesuffix('"')
    return piece.strip()


def _ends_sentence(line: str, start: int, end: re.Match[str]) -> bool:
    mark = end.group()
    following = line[end.end() : end.end() + _NEAR].lstrip()[:1]
    if mark.count(".") > 1 and "!" not in mark and "?" not in mark:
        return not following.islower()
    if mark != ".":
        return True
    word = line[max(start, end.start() - _NEAR) : end.start()].rsplit(maxsplit=1)[-1:]
    before = word[0].lstrip("(\"'") if word and not line[end.start() - 1].isspace() else ""
    if _INITIALS.fullmatch(before) and before not in ("I", "i"):
        return False
    return not _ABBREVIATIONS.fullmatch(before)


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Cs"):  # formats such as the soft hyphen, and halves of surrogate pairs
        return character if character in _JOINERS else ""
    return " " if category in ("Cc", "Co", "Zl", "Zp", "Zs") else character


def _split_punctuation(text: str) -> str:
    """Set punctuation apart until nothing changes: a token may hide another (``"it's."``)."""
    text = text.translate(_STRAIGHT)
    while (split := _split_once(text)) != text:
        text = split
    return text


def _split_once(text: str) -> str:
    """Tokenise a word at a time: words repeat, and of the rules only the last stop looks around."""
    words = text.split(" ")
    tail = len(words) - 1
    while tail > 0 and not words[tail].strip(_CLOSING):
        tail -= 1  # the last word, with the brackets and quotes that close after it
    tokens = [token for word in words[:tail] for token in _tokens(word, False)]
    return " ".join((*tokens, *_tokens(" ".join(words[tail:]), True)))


@lru_cache(maxsize=100_000)
def _tokens(word: str, last: bool) -> tuple[str, ...]:
    """Treebank tokens of a word; a stop is set apart only from the last word (not from ``Mr.``)."""
    if word in _TOKENS:  # set apart already, as in a sentence of Shen et al.'s
        return (word,)
    plain = _PLAIN.fullmatch(word)
    if (
        plain and plain[1].lower() not in _CONTRACTED
    ):  # nine words in ten, and a hundred times faster
        whole = plain[2] == "." and not last
        return (word,) if whole or not plain[2] else (plain[1], plain[2])
    tokens = _word_tokenizer().tokenize(word if last else f"{word} x")
    # The Treebank writes quotes as `` and ''; people write ".
    tokens = ['"' if token in ("``", "''") else token for token in tokens]
    return tuple(tokens if last else tokens[:-1])


@cache
def _word_tokenizer() -> Any:
    from nltk.tokenize import NLTKWordTokenizer  # slow to import, needs no data

    return NLTKWordTokenizer()
