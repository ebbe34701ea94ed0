"""Seconds of training to a validation BLEU, ours and the reference's; not in the default run.

Ours is the real ``train`` with its ``metrics.jsonl``, looks at the validation split not counted.
Give a corpus (``--corpus``) and the minutes that each side may take (``--minutes``).
"""

import json
import time
from collections.abc import Iterator
from itertools import count

import numpy as np
import torch

from benchmarks.measuring import Row, Settings
from benchmarks.reference import Reference
from benchmarks.runs import prepared, run_config
from swae_text.corpora.store import PreparedCorpus
from swae_text.metrics.reconstruction import reconstruction
from swae_text.training.run import train

BLEU = (20, 40, 60, 70, 90)
Looks = list[tuple[float, float]]
"""Seconds of training and the BLEU there."""


def rows(settings: Settings) -> Iterator[Row]:
    """When each level was reached; a level that was not has no row, and the best BLEU has one."""
    reference = _reference(settings)
    found = {"transformer": _ours(settings, "transformer"), "lstm": _ours(settings, "lstm")}
    base = _reached(reference)
    for name, looks in {**found, "reference": reference}.items():
        for level, seconds in _reached(looks).items():
            ratio = seconds / base[level] if level in base and name != "reference" else None
            yield Row(f"{name}: seconds to BLEU {level}", seconds, "s", ratio, "reference")
        yield Row(f"{name}: best BLEU", max(bleu for _, bleu in looks), "BLEU")


def _reached(looks: Looks) -> dict[int, float]:
    firsts = {level: [at for at, bleu in looks if bleu >= level] for level in BLEU}
    return {level: times[0] for level, times in firsts.items() if times}


def _ours(settings: Settings, architecture: str) -> Looks:
    """A faithful model: little noise on its codes, as in the README's figures."""
    changes = (
        "training.precision=auto",
        f"training.stage_one.minutes={settings.minutes}",
        f"training.stage_one.evaluate_every={settings.at(100, 2)}",
        *("model.code_noise=0.1", "model.noise_warmup=0", "model.corruption.drop=0"),
        *("model.code_dropout=0", "sampling={}", "training.stage_one.optimiser.cooldown=0.3"),
        *(("training.stage_one.steps=4",) if settings.quick else ()),
    )
    run = settings.folder / f"quality-{architecture}"
    train(run_config(settings, architecture, *changes), run, stages="one", overwrite=True)
    log = map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["seconds"], row["valid_bleu"]) for row in log]


def _reference(settings: Settings) -> Looks:
    corpus = prepared(run_config(settings, "transformer"))
    sentences = corpus.train.texts()
    torch.manual_seed(0)
    model = Reference(sentences, size=settings.at(512, 32))
    looks: Looks = []
    trained, last = 0.0, 0.0
    for epoch in count():
        for batch in model.batches(sentences, seed=epoch):
            start = time.perf_counter()
            model.train_on(batch)
            trained += time.perf_counter() - start
            ends = trained >= 60 * settings.minutes or settings.quick
            if trained - last >= 3 * settings.minutes or ends:  # twenty looks
                looks.append((trained, _bleu(model, corpus, settings.at(1000, 10))))
                last = trained
            if ends:
                return looks
    return looks


def _bleu(model: Reference, corpus: PreparedCorpus, sentences: int) -> float:
    texts = corpus.valid.texts(np.arange(min(sentences, len(corpus.valid))))
    return reconstruction(texts, model.reconstruct(texts)).bleu
