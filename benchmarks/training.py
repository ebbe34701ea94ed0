"""Training: sentences and tokens a second, and GFLOP/s against the ceiling of the same run.

Whole optimiser steps of the real loop on real batches, corruption, clipping and AdamW included.
Work is counted by PyTorch's flop counter on the same batches, forward and backward, and only
matrix products; the reference trains in turns with ours. Transformers in bfloat16 are measured with
kernels of their own as well (`training.compile`), made before the clock runs. A GPU wants larger
batches than those of the configs, and is measured on several sizes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import ceiling
from benchmarks.measuring import DEVICE, Row, Settings, in_turns, median
from benchmarks.reference import Reference
from benchmarks.runs import LARGE, prepared, run_config
from swae_text.config import RunConfig
from swae_text.training.checkpoint import Checkpoints
from swae_text.training.compiling import compile_parts
from swae_text.training.engine import Engine
from swae_text.training.loop import Loop
from swae_text.training.stage_one import StageOne
from swae_text.training.tracking import MetricsLog

REFERENCE = "reference, float32"
PRECISIONS = ("bfloat16", "float32")
BATCHES: dict[str, tuple[str, ...]] = {"": ()}
"""Sizes of a batch: what a name says of it, and its settings; on a CPU that of the config."""
if DEVICE.type == "cuda":
    BATCHES = {
        f", {n} tokens": (f"training.stage_one.batch_tokens={n}",) for n in (768, 6144, 24576)
    }
COMPILED = ("", ", 6144 tokens")
"""Sizes of a batch with which a Transformer is compiled as well."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """Steps that can be repeated, and what one call of them is."""

    run: Callable[[], None]
    weights: int
    sentences: int
    tokens: int
    """Real ones: pieces or words with their end, no padding."""
    work: int
    """Floating-point operations of the matrix products of one call."""
    ceiling: str
    """The precision whose matrix products it runs on."""


def rows(settings: Settings) -> Iterator[Row]:
    """Weights, tokens, sentences and GFLOP/s of each trainer."""
    trainers = dict(_trainers(settings))
    runs = {name: trainer.run for name, trainer in trainers.items()}
    tops = {name: ceiling.multiplying(name) for name in PRECISIONS}
    seconds = median(in_turns(runs | tops, settings.at(7, 1)))
    base = trainers[REFERENCE].tokens / seconds[REFERENCE]
    for name, trainer in trainers.items():
        tokens = trainer.tokens / seconds[name]
        yield Row(f"{name}: weights", trainer.weights / 1e6, "M")
        yield Row(f"{name}: sentences", trainer.sentences / seconds[name], "/s")
        ratio = None if name == REFERENCE else tokens / base
        yield Row(f"{name}: tokens", tokens, "/s", ratio, REFERENCE)
        rate = trainer.work / seconds[name] / 1e9
        top = ceiling.gigaflops(seconds[trainer.ceiling])
        yield Row(f"{name}: products", rate, "GFLOP/s", rate / top, f"{trainer.ceiling} ceiling")


def _trainers(settings: Settings) -> Iterator[tuple[str, Trainer]]:
    """Ours for each architecture and precision, a large one, and the reference."""
    kinds = [(name, precision, ()) for name in ("transformer", "lstm") for precision in PRECISIONS]
    large = [] if settings.quick else [("transformer", "bfloat16", LARGE)]
    compiled = () if settings.quick else COMPILED  # a minute each
    for architecture, precision, changes in [*kinds, *large]:
        size = " as large as the reference" if changes else ""
        for batch, tokens in BATCHES.items():
            asked = (f"training.precision={precision}", *changes, *tokens)
            config = run_config(settings, architecture, *asked)
            name = f"{architecture}{size}, {precision}{batch}"
            yield name, _ours(config, settings)
            if (architecture, precision) == ("transformer", "bfloat16") and batch in compiled:
                config = run_config(settings, architecture, *asked, "training.compile=true")
                yield f"{name}, compiled", _ours(config, settings)
    yield REFERENCE, _reference(settings)


def _ours(config: RunConfig, settings: Settings) -> Trainer:
    """A few batches of the first epoch, of all lengths."""
    corpus, engine = prepared(config), Engine(config.training, config.seed)
    stage = StageOne(config, corpus, engine.device)
    checkpoints = Checkpoints(settings.folder / "unused", "one", keep=1)
    log = MetricsLog(settings.folder / "unused.jsonl")
    loop = Loop(stage, engine, checkpoints, log, lambda event: None, config.seed)
    batches = stage.epoch(0, 0, 0, 1)[: settings.at(6, 1)]

    def run() -> None:
        for rows in batches:
            loop._one_step(rows, 0.5)  # the loop's own step, without looks and checkpoints

    chosen = np.concatenate(batches)
    tokens = int(corpus.train.lengths[chosen].sum())
    weights = sum(weight.numel() for weight in stage.module.parameters())
    work = _flops(run)  # before kernels are made: in those nothing is counted
    if config.training.compile:
        compile_parts(stage.module)
    return Trainer(run, weights, len(chosen), tokens, work, config.training.precision)


def _reference(settings: Settings) -> Trainer:
    corpus = prepared(run_config(settings, "transformer"))
    sentences = corpus.train.texts(np.arange(min(len(corpus.train), 20_000)))
    torch.manual_seed(0)
    model = Reference(sentences, size=settings.at(512, 32)).to(DEVICE)
    batches = [batch.to(DEVICE) for batch in model.batches(sentences, settings.at(256, 8))[:1]]

    def run() -> None:
        for batch in batches:
            model.train_on(batch)

    weights = sum(weight.numel() for weight in model.parameters())
    sizes = sum(len(batch) for batch in batches), sum(batch.numel() for batch in batches)
    return Trainer(run, weights, *sizes, _flops(run), "float32")


def _flops(run: Callable[[], None]) -> int:
    """Floating-point operations of the matrix products of one call."""
    aten = torch.ops.aten
    custom = {
        aten.mkldnn_rnn_layer: _lstm_flops,
        aten.mkldnn_rnn_layer_backward: _backward(_lstm_flops),
        aten._cudnn_rnn: _cudnn_flops,
        aten._cudnn_rnn_backward: _backward(_cudnn_flops),
    }
    with FlopCounterMode(display=False, custom_mapping=custom) as counter:
        run()
    return int(counter.get_total_flops())


def _lstm_flops(x: Any, into_gates: Any, across: Any, *_: Any, **__: Any) -> int:
    """``x`` is ``[T, B, I]``, the weights ``[4H, I]`` and ``[4H, H]``."""
    *steps, inputs = x
    return int(2 * np.prod(steps) * into_gates[0] * (inputs + across[1]))


def _cudnn_flops(x: Any, weights: Any, *_: Any, **__: Any) -> int:
    """``x`` is ``[T, B, I]``; of the weights the matrices multiply, at every step."""
    matrices = sum(int(np.prod(shape)) for shape in weights if len(shape) == 2)
    return int(2 * np.prod(x[:-1]) * matrices)


def _backward(forward: Callable[..., int]) -> Callable[..., int]:
    """Gradients of the input and of the weights: twice the products."""

    def twice(*shapes: Any, **rest: Any) -> int:
        return 2 * forward(*shapes, **rest)

    return twice
