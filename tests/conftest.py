"""What tests share: a cache of their own, and one tiny model trained once for all of them."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
WHO = ("the cook", "the waiter", "my friend", "the driver", "our guide", "the owner")
LIKED = ("was kind and quick", "smiled at us", "made us feel at home", "was worth every penny")
HATED = ("was rude and slow", "shouted at us", "made us wait for hours", "was a waste of money")
WHEN = ("today", "last night", "again", "on monday", "in the end")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Prepared corpora go to a folder of the test run, never to the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWAE_TEXT_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 labelled sentences of our own as JSON lines."""
    rows = [
        {"text": f"{who} {did} {when} .", "label": label}
        for label, deeds in (("liked", LIKED), ("hated", HATED))
        for who, did, when in itertools.product(WHO, deeds, WHEN)
    ]
    path = tmp_path_factory.mktemp("sentences") / "opinions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(sentences: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with both stages of a model that is too small to be good."""
    from swae_text.config import load_config
    from swae_text.training.run import train

    overrides = (
        f"corpus.source={sentences}",
        "corpus.valid_size=20",
        "corpus.test_size=20",
        "tokenizer.vocab_size=300",
        "training.stage_one.steps=60",
        "training.stage_two.steps=40",
    )
    config = load_config(ROOT / "configs/tiny.yaml", overrides)
    run = tmp_path_factory.mktemp("runs") / config.name
    train(config, run)
    return run


@pytest.fixture(scope="session")
def fluent_run(sentences: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a first stage that writes whole sentences, most of them English."""
    from swae_text.config import load_config
    from swae_text.training.run import train

    overrides = (
        f"corpus.source={sentences}",
        "corpus.valid_size=20",
        "corpus.test_size=20",
        "tokenizer.vocab_size=310",
        "model.max_tokens=40",
        "training.stage_one.steps=240",
        "training.stage_one.optimiser={learning_rate: 0.004, warmup: 20}",
    )
    run = tmp_path_factory.mktemp("runs") / "fluent"
    train(load_config(ROOT / "configs/tiny.yaml", overrides), run, stages="one")
    return run
