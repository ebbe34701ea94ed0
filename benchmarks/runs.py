"""The runs that are measured: the configs of the repository on a corpus of this run."""

from pathlib import Path

from benchmarks.measuring import Settings
from benchmarks.words import write_sentences
from swae_text.config import RunConfig, load_config
from swae_text.corpora.store import PreparedCorpus, prepare

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
LARGE = (
    *("model.encoder.width=512", "model.encoder.heads=8", "model.encoder.layers=3"),
    *("model.decoder.width=512", "model.decoder.heads=8", "model.decoder.layers=4"),
    "training.stage_one.batch_tokens=2816",
)
"""Settings of a Transformer with as many weights as the reference has (29.5 M, 29.4 M) and as many
tokens in a batch (256 sentences of Yelp)."""


def run_config(settings: Settings, architecture: str, *changes: str) -> RunConfig:
    """The config of an architecture on the corpus that is asked for, or an invented one."""
    source = settings.corpus
    if source is None:
        path = settings.folder / "sentences.txt"
        if not path.exists():
            write_sentences(path, settings.at(100_000, 3_000))
        source = str(path)
    small = ("tokenizer.vocab_size=600", "corpus.valid_size=100") if settings.quick else ()
    overrides = (f"corpus.source={source}", *small, *changes)
    return load_config(CONFIGS / f"yelp-{architecture}.yaml", overrides)


def prepared(config: RunConfig) -> PreparedCorpus:
    """The corpus of a run, ready."""
    return prepare(config.corpus, config.tokenizer, config.model.max_tokens, lambda line: None)


def trained_model(settings: Settings) -> Path:
    """The model that is given, or one of the default size that was trained for a moment."""
    if settings.model is not None:
        inner = settings.model / "model"
        return inner if inner.is_dir() else settings.model
    from swae_text.training.run import train

    run = settings.folder / "run"
    if not (run / "model").is_dir():
        steps = settings.at(200, 3)
        changes = (f"training.stage_one.steps={steps}", "training.stage_two.steps=2")
        train(run_config(settings, "transformer", *changes), run, overwrite=True)
    return run / "model"
