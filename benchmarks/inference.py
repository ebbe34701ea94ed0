"""Sentences a second: encode, decode greedily and by beams; then several processes at once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from typing import get_args

import numpy as np
import torch

from benchmarks.measuring import DEVICE, Row, Settings, in_turns, median
from benchmarks.runs import prepared, trained_model
from swae_text import Decoding, SentenceSpace
from swae_text.names import PrecisionName

PRECISIONS: tuple[PrecisionName, ...] = get_args(PrecisionName)
if DEVICE.type == "cuda":
    PRECISIONS = tuple(name for name in PRECISIONS if name != "int8")  # which is for a CPU
WORKS = {  # batch sizes of one process, and of several
    "codes": ((1, 32, 64, 512), 64),
    "encode": ((1, 32, 64, 512), 64),
    "greedy": ((1, 32, 512), 512),
    "beams 5": ((1, 32), None),
}
"""``codes`` are stage one's vectors, ``encode`` goes on to stage two's, as the verb does."""


def rows(settings: Settings) -> Iterator[Row]:
    """A row for each work, precision and batch size; then for as many processes as threads."""
    folder = trained_model(settings)
    spaces = {
        name: SentenceSpace.from_pretrained(folder, str(DEVICE), precision=name)
        for name in PRECISIONS
    }
    config = spaces["float32"].config
    source = settings.corpus or config.corpus.source
    named = config.corpus.model_copy(update={"source": source})
    corpus = prepared(config.model_copy(update={"corpus": named}))
    texts = corpus.valid.texts(np.arange(min(settings.at(2048, 16), len(corpus.valid))))
    few, rounds = texts[: settings.at(512, 16)], settings.at(5, 1)
    for work, (sizes, _) in WORKS.items():
        runs, sentences, compared = {}, {}, {}
        for size in sizes:
            chosen = few[: settings.at(16, 2)] if size == 1 else few
            for precision, space in spaces.items():
                name = f"{work}, {precision}, batch {size}"
                sentences[name], compared[name] = len(chosen), f"{work}, float32, batch {size}"
                runs[name] = partial(_work(space, work, chosen), size)
        seconds = median(in_turns(runs, rounds))
        for name, taken in seconds.items():
            to = compared[name]
            rate = sentences[name] / taken
            ratio = None if name == to else rate * seconds[to] / sentences[to]
            yield Row(name, rate, "sentences/s", ratio, to)
    processes = settings.at(torch.get_num_threads(), 2) if DEVICE.type == "cpu" else 1
    for precision in PRECISIONS if processes > 1 else ():
        for work, rate in _together(folder, precision, texts, processes, rounds).items():
            name = f"{work}, {precision}, batch {WORKS[work][1]}, {processes} processes"
            yield Row(name, rate, "sentences/s")


def _work(space: SentenceSpace, work: str, texts: list[str]) -> Callable[[int], object]:
    """What is done with a batch size; vectors are ready where sentences are written."""
    if work in ("codes", "encode"):
        kind = "code" if work == "codes" else space.default_space
        return lambda size: space.encode(texts, space=kind, batch_size=size)
    codes, decoding = space.encode(texts, space="code"), Decoding(beams=5 if "beams" in work else 1)
    most = decoding.beams  # a batch of the search is so many prefixes
    return lambda size: space.decode(codes, space="code", decoding=decoding, batch_size=size * most)


def _together(
    folder: Path, precision: PrecisionName, texts: list[str], processes: int, rounds: int
) -> dict[str, float]:
    """Sentences a second of processes with a thread each that do the same work at once."""
    context = get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(processes, context) as pool:
        start = manager.Barrier(processes)
        asked = [
            pool.submit(_spans, folder, precision, texts, rounds, start) for _ in range(processes)
        ]
        spans = [future.result() for future in asked]
    seconds = {}
    for work in spans[0]:
        turns = zip(*(span[work] for span in spans), strict=True)
        seconds[work] = [max(end for _, end in t) - min(begin for begin, _ in t) for t in turns]
    return {work: processes * len(texts) / taken for work, taken in median(seconds).items()}


def _spans(
    folder: Path, precision: PrecisionName, texts: list[str], rounds: int, start: Barrier
) -> dict[str, list[tuple[float, float]]]:
    """Begin and end of each turn of each work, by a clock that processes share."""
    torch.set_num_threads(1)
    space = SentenceSpace.from_pretrained(folder, precision=precision)
    spans: dict[str, list[tuple[float, float]]] = {}
    for name, (_, size) in WORKS.items():
        if size is None:
            continue
        work = _work(space, name, texts)
        work(size)
        spans[name] = []
        for _ in range(rounds):
            start.wait()
            begin = time.monotonic()
            work(size)
            spans[name].append((begin, time.monotonic()))
    return spans
