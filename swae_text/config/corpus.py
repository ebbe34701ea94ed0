"""Settings of sentences and pieces."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from swae_text.config.base import Strict


class CorpusConfig(Strict):
    """Where sentences come from and which of them are kept."""

    source: str = "quickstart"
    """A catalog name (quickstart, yelp, snli), a file, a folder, ``hub:owner/name``, or ``-``."""
    text: tuple[str, ...] | None = None
    """Columns that hold sentences; several give several sentences a row. None: found by name."""
    label: str | None = None
    """Column that holds the label. None: found by name; ``""``: no labels."""
    split_sentences: bool | None = None
    """Cut each text (a review) into sentences. None: what the catalog says, else no."""
    unescape: bool | None = None
    r"""Undo ``\\n``, ``\"\"`` and HTML remains. None: what the catalog says, else no."""
    lowercase: bool = False
    """Lower-case every sentence, here and in every command that uses the model."""
    split_punctuation: bool = False
    """Set punctuation and contractions apart (``do n't``, `` .``), as in Shen et al.'s Yelp."""
    on_bad_row: Literal["refuse", "skip"] = "refuse"
    """A row that cannot be read: stop and say where it is, or leave it out and count it."""
    min_words: PositiveInt = 1
    """Shortest sentence kept, in words between spaces."""
    max_words: PositiveInt = 20
    """Longest sentence kept, in words between spaces."""
    dedupe: Literal["none", "across", "all"] = "across"
    """``across`` drops held-out sentences that training has; ``all`` drops repeats as well."""
    valid_size: PositiveInt = 2000
    """Sentences held out for validation where the source has no such split."""
    test_size: PositiveInt = 2000
    """Sentences held out for the test where the source has no such split."""
    max_sentences: PositiveInt | None = None
    """Keep only so many training sentences (chosen by seed). None: all."""
    window: PositiveInt | None = None
    """Stream the training split, shards of Parquet or JSON lines, so many rows at a time: only
    these are held at once, and an epoch is one of them. None: all is made ready on disk first."""
    seed: NonNegativeInt = 0
    """Seed of the splits, apart from the run's seed so that runs share a test set."""

    @model_validator(mode="after")
    def _lengths_in_order(self) -> "CorpusConfig":
        if self.min_words > self.max_words:
            raise ValueError(f"min_words={self.min_words} is above max_words={self.max_words}")
        return self

    @model_validator(mode="after")
    def _what_a_stream_can_know(self) -> "CorpusConfig":
        if self.window and (self.dedupe == "all" or self.max_sentences):
            raise ValueError(
                "window: a stream does not see all sentences at once, so it can neither drop "
                "repeats (dedupe=all) nor choose max_sentences: leave these out"
            )
        return self


class TokenizerConfig(Strict):
    """SentencePiece, trained on the training split alone or taken from a file."""

    vocab_size: Annotated[int, Field(ge=16, le=1 << 20)] = 4000
    """Pieces, with the four special ones."""
    algorithm: Literal["unigram", "bpe"] = "unigram"
    """SentencePiece's segmentation model."""
    character_coverage: Annotated[float, Field(gt=0.9, le=1.0)] = 0.9999
    """Share of characters that get a piece; the rest falls back to bytes."""
    path: str | None = None
    """Model file to take instead, which then decides the above. None: one is trained."""
