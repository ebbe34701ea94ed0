"""Training the referee of fluency: it learns, is repeatable, and is on disk what it is here."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from swae_text.config import OptimiserConfig, TokenizerConfig
from swae_text.corpora.tokenizer import Tokenizer
from swae_text.errors import CorpusError, ModelFolderError, TrainingError
from swae_text.referees.language_model import RecurrentLM, train_language_model
from swae_text.referees.settings import LanguageModelConfig, RefereeConfig
from swae_text.referees.stage import split
from swae_text.training.events import Evaluated, Event, StageStarted

CONFIG = LanguageModelConfig(
    width=32,
    dropout=0.1,
    epochs=15,
    least_steps=0,
    batch_tokens=256,
    looks=4,
    held_out=0.1,
    precision="float32",
    optimiser=OptimiserConfig(learning_rate=8e-3, warmup=10),
)


@pytest.fixture(scope="module")
def texts(sentences: Path) -> list[str]:
    return [json.loads(row)["text"] for row in sentences.read_text().splitlines()]


@pytest.fixture(scope="module")
def tokenizer(texts: list[str]) -> Tokenizer:
    return Tokenizer.train(texts, TokenizerConfig(vocab_size=312))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("referee")


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def trained(texts, tokenizer, folder, events) -> RecurrentLM:
    return train_language_model(texts, tokenizer, CONFIG, 0, folder, events.append)


def test_it_learns(trained, texts, tokenizer):
    learnt = trained.perplexity(texts)
    pieces = sum(map(len, tokenizer.encode(texts)))
    uniform = math.exp(pieces * math.log(tokenizer.vocab_size) / learnt.words)
    assert learnt.value < 4 < 300 < uniform
    assert learnt.n == len(texts) and learnt.unknown == 0 and learnt.lm == trained.signature


def test_it_prefers_the_order_that_words_came_in(trained, texts):
    shuffled = [
        " ".join(random.Random(0).sample(text.split(), len(text.split()))) for text in texts
    ]
    better = trained.log_probs(texts) > trained.log_probs(shuffled)
    assert better.mean() > 0.95


def test_any_text_has_a_probability_and_texts_keep_their_order(trained, texts):
    strange = ["", "zebra 🦓 ñandú", texts[0], "a" * 500]
    together = trained.log_probs(strange)
    assert np.isfinite(together).all() and (together < 0).all()
    alone = np.concatenate([trained.log_probs([text]) for text in strange])
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    assert trained.log_probs([]).shape == (0,)
    with pytest.raises(CorpusError, match="at least one"):
        trained.perplexity([])


def test_it_writes_what_it_read(trained, texts):
    drawn = trained.sample(50, seed=3)
    assert len(drawn) == 50 and drawn == trained.sample(50, seed=3) != trained.sample(50, seed=4)
    assert len(set(drawn) & set(texts)) > 10


def test_the_best_look_is_kept_and_no_checkpoint(trained, folder, events):
    looks = [event.metrics["held_out_nats"] for event in events if isinstance(event, Evaluated)]
    steps = next(event.steps for event in events if isinstance(event, StageStarted))
    assert len(looks) == CONFIG.looks and looks[-1] < looks[0]
    assert trained.signature == f"lstm32|pieces:312|steps:{steps}|trained:216|float32|seed:0"
    assert [path.name for path in folder.iterdir()] == ["metrics.jsonl"]
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == len(looks)


def test_equal_seeds_give_equal_weights_and_others_do_not(texts, tokenizer, tmp_path):
    config = CONFIG.model_copy(update={"most_steps": 10})
    a, b, c = (
        train_language_model(texts, tokenizer, config, seed, tmp_path).module.state_dict()
        for seed in (0, 0, 1)
    )
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["embedding.weight"], c["embedding.weight"])


def test_on_disk_it_is_the_same(trained, texts, tmp_path):
    trained.save(tmp_path / "lm")
    loaded = RecurrentLM.load(tmp_path / "lm")
    assert loaded.signature == trained.signature
    assert (loaded.log_probs(texts) == trained.log_probs(texts)).all()
    assert loaded.sample(5, seed=0) == trained.sample(5, seed=0)


def test_a_damaged_folder_is_refused(trained, tmp_path):
    with pytest.raises(ModelFolderError, match="no such folder"):
        RecurrentLM.load(tmp_path / "nowhere")
    trained.save(tmp_path)
    with (tmp_path / "model.safetensors").open("ab") as file:
        file.write(b"!")
    with pytest.raises(ModelFolderError, match=r"model\.safetensors: damaged"):
        RecurrentLM.load(tmp_path)


def test_the_smallest_corpora(tokenizer, tmp_path):
    config = CONFIG.model_copy(update={"epochs": 1.0, "least_steps": 3})
    lm = train_language_model(["", "the cook"], tokenizer, config, 0, tmp_path)
    assert "steps:3|trained:1|" in lm.signature
    with pytest.raises(TrainingError, match="at least two"):
        train_language_model(["the cook"], tokenizer, config, 0, tmp_path)


def test_a_split_is_a_partition_by_seed():
    config = RefereeConfig(held_out=0.2, most_held_out=15)
    for texts, held_out in ((2, 1), (50, 10), (200, 15)):
        parts = split(texts, config, seed=0)
        assert len(parts.held_out) == held_out
        assert sorted([*parts.train, *parts.held_out]) == list(range(texts))
    assert (split(50, config, 0).held_out == split(50, config, 0).held_out).all()
    assert (split(50, config, 0).held_out != split(50, config, 1).held_out).any()


def test_dropout_grows_with_the_passes(texts, tokenizer, tmp_path):
    assert [CONFIG.dropout_at(passes) for passes in (0.5, 1.0, 3.0, 5.0, 50.0)] == [
        0,
        0,
        0.05,
        0.1,
        0.1,
    ]
    once = CONFIG.model_copy(update={"epochs": 1.0})
    lm = train_language_model(texts, tokenizer, once, 0, tmp_path)
    assert lm.module.dropout.p == 0
