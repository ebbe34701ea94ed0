"""What can go wrong, as one tree. Every message says what, where, and what to do next.

SwaeTextError                the library refused: the command line prints one line and exits with 1
├── ConfigError              a setting is unknown, of the wrong type, or impossible with another
├── CorpusError              a row or a file cannot be read as sentences (names file:line)
│   └── CorpusUnavailable    a corpus is not on this machine and the hub cannot be reached
├── TokenizerError           the tokenizer cannot be trained or loaded
├── ModelFolderError         a model folder is missing a part, damaged, or of another version
├── CheckpointError          a run cannot be continued from what is on disk
├── TrainingError            a run went wrong: a loss that is not finite, a budget of nothing
└── BulkError                work over a folder of shards cannot start or go on
"""


class SwaeTextError(Exception):
    """Base of every error that the library raises on purpose."""


class ConfigError(SwaeTextError):
    """A setting is unknown, of the wrong type, out of range, or impossible with another."""


class CorpusError(SwaeTextError):
    """A file or a row cannot be read as sentences. The message names file and line."""


class CorpusUnavailable(CorpusError):
    """A corpus is not on this machine and cannot be fetched. The message names the local way."""


class TokenizerError(SwaeTextError):
    """The tokenizer cannot be trained on this corpus, or its file cannot be read."""


class ModelFolderError(SwaeTextError):
    """A model folder is missing a part, is damaged, or was written by another version."""


class CheckpointError(SwaeTextError):
    """A run cannot be continued from the checkpoints on disk."""


class TrainingError(SwaeTextError):
    """Training cannot start or go on: nothing to train on, or a loss that is not finite."""


class BulkError(SwaeTextError):
    """Work over a folder of shards cannot start or go on. The message names folder or shard."""
