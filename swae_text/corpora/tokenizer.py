"""SentencePiece pieces (Kudo & Richardson, 2018): sentences to ids and back.

No normalisation inside (``cleaning.normalise`` has done it) and bytes for what the vocabulary
lacks, so that decoding an encoded sentence gives it back. A sentence is its pieces and ``EOS``.
"""

import io
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from swae_text.config import TokenizerConfig
from swae_text.errors import TokenizerError

PAD, UNK, BOS, EOS = range(4)
"""Special ids: padding, unknown (only ever put in by corruption), begin and end of a sentence."""

FIRST_PIECE = 4 + 256
"""Ids from here on are pieces of text; the ids between are the 256 bytes."""


class Tokenizer:
    """A trained SentencePiece model. Picklable: it is its bytes."""

    def __init__(self, model_proto: bytes) -> None:
        self._model_proto = model_proto
        try:
            self._model = sentencepiece.SentencePieceProcessor(model_proto=model_proto)
        except (RuntimeError, ValueError, TypeError) as error:
            raise TokenizerError(f"not a SentencePiece model ({error})") from error
        model = self._model
        ids = (model.pad_id(), model.unk_id(), model.bos_id(), model.eos_id())
        if ids != (PAD, UNK, BOS, EOS):
            raise TokenizerError(f"special ids are {ids}, not {(PAD, UNK, BOS, EOS)}: train anew")
        bytes_in = [token for token in range(len(model)) if model.is_byte(token)]
        if bytes_in != list(range(EOS + 1, FIRST_PIECE)):
            raise TokenizerError("the ids after the special ones are not the 256 bytes: train anew")
        try:
            model.id_to_piece(list(range(len(model))))
        except UnicodeDecodeError as error:
            raise TokenizerError("a piece is not UTF-8 text: train anew") from error

    @classmethod
    def train(
        cls, sentences: Iterable[str], config: TokenizerConfig, *, fewer: bool = False
    ) -> "Tokenizer":
        """Learn the pieces; the same sentences give the same model, byte by byte.

        Args:
            sentences: normalised training sentences, read once.
            config: size and kind of the vocabulary.
            fewer: be content with fewer pieces where the corpus does not give so many.

        Raises:
            TokenizerError: the corpus does not fit the vocabulary size; names one that does.
        """
        written = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=written,
                vocab_size=config.vocab_size,
                hard_vocab_limit=not fewer,
                model_type=config.algorithm,
                character_coverage=config.character_coverage,
                byte_fallback=True,
                normalization_rule_name="identity",
                remove_extra_whitespaces=False,
                pad_id=PAD,
                unk_id=UNK,
                bos_id=BOS,
                eos_id=EOS,
                num_threads=1,  # sums of floats depend on it; more were slower, too
                minloglevel=2,
            )
        except RuntimeError as error:
            raise TokenizerError(_explain(str(error), config.vocab_size)) from error
        return cls(written.getvalue())

    @classmethod
    def from_bytes(cls, model_proto: bytes) -> "Tokenizer":
        """Read a model that ``to_bytes`` or SentencePiece itself has written.

        Raises:
            TokenizerError: not a model, or one with other special ids.
        """
        return cls(model_proto)

    @classmethod
    def from_file(cls, path: Path) -> "Tokenizer":
        """Read a model file.

        Raises:
            TokenizerError: no such file, or as ``from_bytes``.
        """
        try:
            return cls(path.read_bytes())
        except OSError as error:
            raise TokenizerError(f"{path}: cannot be read ({error.strerror})") from error
        except TokenizerError as error:
            raise TokenizerError(f"{path}: {error}") from error

    def to_bytes(self) -> bytes:
        """The SentencePiece model file."""
        return self._model_proto

    @property
    def vocab_size(self) -> int:
        """Pieces with the special ones; ids are below it."""
        return int(self._model.get_piece_size())

    def encode(self, sentences: Sequence[str], most: int | None = None) -> list[list[int]]:
        """Ids of the pieces of each sentence, then ``EOS``; no ``BOS``.

        Args:
            sentences: normalised.
            most: ids that the caller can use; of what has more, only a beginning that has more is
                read. Ten million letters are then refused as fast as a thousand.
        """
        if most is not None:
            sentences = [sentence[: most * self._longest + 1] for sentence in sentences]
        encoded: list[list[int]] = self._model.encode(list(sentences), add_eos=True)
        return encoded

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Sentences up to the first ``EOS``; special ids inside give nothing."""
        if not ids:
            return []  # SentencePiece would take this for one empty sentence
        decoded: list[str] = self._model.decode([_until_end(row) for row in ids])
        return decoded

    def surfaces(self) -> list[bytes]:
        """What each id adds to a text, in UTF-8, a space before a word; special ids add nothing."""
        return [self._surface(token) for token in range(self.vocab_size)]

    @cached_property
    def log_frequencies(self) -> NDArray[np.float32]:
        """Log probability of each piece alone in nats, by the unigram model (Kudo, 2018).

        0 for the special ones and for bytes, which that model does not know.

        Raises:
            TokenizerError: pieces that were merged have ranks, not probabilities.
        """
        scores = self._model.get_score(list(range(self.vocab_size)))
        found = np.array(scores, dtype=np.float32)
        if not np.exp(found[FIRST_PIECE:]).sum() < 1.01:
            raise TokenizerError(
                "this tokenizer does not know how frequent its pieces are: leave out slor, or "
                "train with tokenizer.algorithm=unigram"
            )
        return found

    @cached_property
    def _longest(self) -> int:
        """Characters of the longest piece."""
        pieces = (self._model.id_to_piece(token) for token in range(self.vocab_size))
        return max(map(len, pieces))

    def _surface(self, token: int) -> bytes:
        piece = str(self._model.id_to_piece(token))
        if self._model.is_byte(token):
            return bytes([int(piece[3:5], 16)])  # written <0xE9>
        return b"" if token <= EOS else piece.replace("\u2581", " ").encode()

    def __reduce__(self) -> tuple[type["Tokenizer"], tuple[bytes]]:
        return Tokenizer, (self._model_proto,)


def _until_end(row: Sequence[int]) -> list[int]:
    ids = [int(token) for token in row]
    end = ids.index(EOS) if EOS in ids else len(ids)
    return [token for token in ids[:end] if token > EOS]


def _explain(problem: str, vocab_size: int) -> str:
    """SentencePiece's complaint in our words, with the vocabulary size that would do."""
    if most := re.search(r"value <= (\d+)", problem):
        return (
            f"the corpus is too small for tokenizer.vocab_size={vocab_size}: it gives "
            f"{most[1]} pieces at most, so --set tokenizer.vocab_size={most[1]} or less"
        )
    if least := re.search(r"required_chars\. \d+ vs (\d+)|vocab_size_ > (\d+)", problem):
        needed = least[1] or least[2]
        return (
            f"tokenizer.vocab_size={vocab_size} is too small for the corpus's characters and the "
            f"256 bytes: --set tokenizer.vocab_size={needed} or more"
        )
    return f"the tokenizer cannot be trained ({' '.join(problem.split())})"
