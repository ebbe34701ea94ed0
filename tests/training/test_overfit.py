"""A tiny model of each kind learns 32 sentences by heart, through the real loop."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from swae_text.config import load_config
from swae_text.corpora.store import PreparedCorpus, prepare
from swae_text.training.checkpoint import Checkpoints
from swae_text.training.engine import Engine
from swae_text.training.events import Event
from swae_text.training.loop import Loop
from swae_text.training.stage_one import StageOne
from swae_text.training.tracking import MetricsLog

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("transformer", "lstm")


@pytest.mark.parametrize("decoder", KINDS)
@pytest.mark.parametrize("encoder", KINDS)
def test_32_sentences_are_learnt_by_heart(encoder, decoder, sentences, tmp_path):
    config = load_config(
        ROOT / "configs/tiny.yaml",
        [
            f"corpus.source={sentences}",
            "corpus.valid_size=20",
            "corpus.test_size=20",
            "corpus.max_sentences=32",
            "tokenizer.vocab_size=310",
            f"model.encoder.kind={encoder}",
            f"model.decoder.kind={decoder}",
            "model.code_noise=0",
            "training.stage_one.steps=240",
            "training.stage_one.batch_tokens=512",
            "training.stage_one.optimiser={learning_rate: 0.004, warmup: 20}",
        ],
    )
    corpus = prepare(config.corpus, config.tokenizer, config.model.max_tokens, lambda line: None)
    assert len(corpus.train) == 32
    corpus: PreparedCorpus = replace(corpus, valid=corpus.train)
    engine = Engine(config.training, config.seed)
    stage = StageOne(config, corpus, torch.device("cpu"))
    events: list[Event] = []
    log = MetricsLog(tmp_path / "metrics.jsonl")
    Loop(stage, engine, Checkpoints(tmp_path, "one", 1), log, events.append, seed=0).run()
    assert stage.evaluate()["valid_bleu"] > 95
