r"""Language models as ARPA text, which KenLM, SRILM and others read.

    log₁₀ p(w | h) TAB h w TAB log₁₀ γ(h w)

A reader scores a word with the longest n-gram that is listed and the γ of every longer context that
is. The listed probabilities hold the lower orders already, and what is not listed has no discounted
count of its own: p(w | h) = γ(h) p(w | h′). So this form gives exactly the interpolated model.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from swae_text.atomic import atomic_path
from swae_text.metrics.kneser_ney import Level

_NEVER = -99.0  # what ARPA files say for log 0: <s> is only a context


def write_arpa(path: str | Path, words: Sequence[str], levels: Sequence[Level]) -> None:
    """Write a model as UTF-8 text, whole or not at all.

    Args:
        path: the file, conventionally ``*.arpa``. KenLM reads orders 2 to 6, not a lone unigram.
        words: every word at its number, ``<unk>``, ``</s>`` and ``<s>`` included.
        levels: the n-grams of each order from 1 upwards.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as out:
        out.write("\\data\\\n")
        out.writelines(f"ngram {n}={len(level.keys)}\n" for n, level in enumerate(levels, 1))
        texts = [""]
        for n, level in enumerate(levels, 1):
            texts = _texts(level, texts, words)
            out.write(f"\n\\{n}-grams:\n")
            out.writelines(_lines(level, texts, last=n == len(levels)))
        out.write("\n\\end\\\n")


def _texts(level: Level, contexts: Sequence[str], words: Sequence[str]) -> list[str]:
    context, word = (part.tolist() for part in divmod(level.keys, level.size))
    return [f"{contexts[h]} {words[w]}".lstrip(" ") for h, w in zip(context, word, strict=True)]


def _lines(level: Level, texts: Sequence[str], last: bool) -> Iterator[str]:
    probs = (level.log_prob / math.log(10)).clip(min=_NEVER).tolist()
    if last:
        yield from (f"{p:.8g}\t{text}\n" for p, text in zip(probs, texts, strict=True))
        return
    backoffs = (level.log_backoff / math.log(10)).tolist()
    for p, text, backoff in zip(probs, texts, backoffs, strict=True):
        yield f"{p:.8g}\t{text}\t{backoff:.8g}\n"
