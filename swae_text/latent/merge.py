"""A three-way merge of sentences: what an edit changed, in the words that were written.

    base x̂ = D(E(x))        source x        edited x̃ = D(E(x) moved)        merged = x + (x̃ - x̂)

Decoding loses words even where nothing is moved, and an edit should not be charged with that.
Between the words that all three share, the merged sentence has the source's where the edit changed
nothing, and the edit's where it did: diff3 (Khanna, Kunal and Pierce, 2007), and the edit wins a
conflict. Where it changed several places, each of them alone may be enough.
"""

from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher


def merges(base: str, source: str, edited: str) -> list[str]:
    """The source with all that distinguishes ``edited`` from ``base``, and with each part of it.

    The first is the whole: ``y`` of ``(x, x, y)`` and ``x`` of ``(b, x, b)``. A part is what lies
    between two words that all three share.
    """
    parts = list(_parts(*(text.split(" ") for text in (base, source, edited))))
    changed = [place for place, (written, wanted) in enumerate(parts) if written != wanted]
    alone = [[place] for place in changed] if len(changed) > 1 else []
    return [_joined(parts, chosen) for chosen in (changed, *alone)]


def reverts(source: str, edited: str) -> list[str]:
    """The edited sentence with one of its changes to the source undone, each in turn.

    A change is what lies between words that both share. (Word by word within it, what comes out
    reads worse: docs/experiments.md.) None where there is only one: undone, it is the source.
    """
    old, new = source.split(" "), edited.split(" ")
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    parts: list[Part] = [(old[i:i_end], new[j:j_end]) for _, i, i_end, j, j_end in codes]
    changed = {place for place, (kind, *_) in enumerate(codes) if kind != "equal"}
    some = sorted(changed) if len(changed) > 1 else []
    return [_joined(parts, changed - {undone}) for undone in some]


Part = tuple[Sequence[str], Sequence[str]]
"""Some of the source's words, and what the edit has in their place."""


def _parts(base: list[str], source: list[str], edited: list[str]) -> Iterator[Part]:
    """The source from left to right."""
    in_source, in_edited = _places(base, source), _places(base, edited)
    shared = sorted(in_source.keys() & in_edited.keys())
    places = [(i, in_source[i], in_edited[i]) for i in shared]
    i0 = j0 = k0 = 0
    for i, j, k in [*places, (len(base), len(source), len(edited))]:
        written, wanted = source[j0:j], edited[k0:k]
        yield written, written if base[i0:i] == wanted else wanted
        yield source[j : j + 1], source[j : j + 1]  # the word that all share; none at the end
        i0, j0, k0 = i + 1, j + 1, k + 1


def _joined(parts: Sequence[Part], chosen: Collection[int]) -> str:
    return " ".join(word for place, part in enumerate(parts) for word in part[place in chosen])


def _places(words: Sequence[str], others: Sequence[str]) -> dict[int, int]:
    """Where the words that match are among the others, in one order."""
    blocks = SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks()
    return {a + n: b + n for a, b, size in blocks for n in range(size)}
