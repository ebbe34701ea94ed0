"""Sentences a second: encode, decode greedily and by beams, at batches of 1, 32 and 512."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from benchmarks.measuring import Row, Settings, in_turns, median
from benchmarks.runs import prepared, trained_model
from swae_text import Decoding, SentenceSpace
from swae_text.names import PrecisionName

PRECISIONS: tuple[PrecisionName, ...] = ("float32", "bfloat16")
"""Of stage one's weights."""


def rows(settings: Settings) -> Iterator[Row]:
    """A row for each work, precision and batch size."""
    folder = trained_model(settings)
    spaces = {name: SentenceSpace.from_pretrained(folder, precision=name) for name in PRECISIONS}
    corpus = prepared(spaces["float32"].config)
    texts = corpus.valid.texts(np.arange(min(settings.at(512, 16), len(corpus.valid))))
    for work, sizes in (
        ("encode", (1, 32, 64, 512)),
        ("greedy", (1, 32, 512)),
        ("beams 5", (1, 32)),
    ):
        runs, sentences = {}, {}
        for size in sizes:
            chosen = texts[: settings.at(16, 2)] if size == 1 else texts
            for precision, space in spaces.items():
                name = f"{work}, {precision}, batch {size}"
                sentences[name] = len(chosen)
                runs[name] = partial(_work(space, work, chosen), size)
        seconds = median(in_turns(runs, settings.at(5, 1)))
        for name, taken in seconds.items():
            to = name.replace("bfloat16", "float32")
            rate = sentences[name] / taken
            ratio = None if name == to else rate * seconds[to] / sentences[to]
            yield Row(name, rate, "sentences/s", ratio, to)


def _work(space: SentenceSpace, work: str, texts: list[str]) -> Callable[[int], object]:
    """What is done with a batch size; vectors are ready where sentences are written."""
    if work == "encode":
        return lambda size: space.encode(texts, space="code", batch_size=size)
    codes, decoding = space.encode(texts, space="code"), Decoding(beams=5 if "beams" in work else 1)
    most = decoding.beams  # a batch of the search is so many prefixes
    return lambda size: space.decode(codes, space="code", decoding=decoding, batch_size=size * most)
