"""The codes of a corpus, computed once by stage one and kept on disk for stage two.

runs/NAME/codes/train.npy     [sentences, C] float32, memory-mapped
runs/NAME/codes/made.json     checksums of the weights and the rows that made them, name of their
                              corpus, checksum of the codes
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from swae_text.atomic import atomic_path, atomic_write, leftovers
from swae_text.corpora.batching import pad
from swae_text.corpora.store import PreparedCorpus
from swae_text.lock import locked
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.training.engine import Engine

_WINDOW = 1 << 16  # sentences that are sorted by length together


def chosen_rows(sentences: int, most: int | None, seed: int) -> NDArray[np.int64]:
    """Rows of the training split that stage two learns from, in their order."""
    if most is None or most >= sentences:
        return np.arange(sentences)
    return np.sort(np.random.default_rng([seed, 2]).permutation(sentences)[:most])


def training_codes(
    model: SentenceAutoencoder,
    corpus: PreparedCorpus,
    rows: NDArray[np.int64],
    folder: Path,
    engine: Engine,
) -> tuple[np.ndarray, str]:
    """Codes of training sentences, read from disk where the same weights made them before.

    Several trainings may share a folder: one writes, and the others wait for it.

    Args:
        model: stage one, trained.
        corpus: where the sentences are.
        rows: which of them.
        folder: where the codes are kept.
        engine: with its precision they are computed.

    Returns:
        ``[rows, C]`` float32, memory-mapped; and a digest: equal for equal codes of equal rows.
    """
    which = hashlib.sha256(rows.tobytes()).hexdigest()
    made = {
        "weights": _checksum(model),
        "corpus": corpus.fingerprint,
        "rows": which,
        "precision": engine.precision,
    }
    path, label = folder / "train.npy", folder / "made.json"
    shape = (len(rows), model.config.code_dim)
    if not _there(path, label, made, shape):
        with locked(folder):
            if not _there(path, label, made, shape):
                for part in leftovers(folder / "*"):
                    part.unlink()
                label.unlink(missing_ok=True)
                with atomic_path(path) as temporary, engine.autocast():
                    _write(temporary, model, corpus, rows)
                atomic_write(label, json.dumps(made | {"codes": _digest(path)}).encode())
    basis = hashlib.sha256(which.encode() + _digest(path).encode()).hexdigest()
    return open_memmap(path, mode="r"), basis


def _there(path: Path, label: Path, made: dict[str, str], shape: tuple[int, int]) -> bool:
    """Whether the codes are on disk, made by this, of this shape, and every byte as written."""
    try:
        if json.loads(label.read_bytes()) != made | {"codes": _digest(path)}:
            return False
        codes = open_memmap(path, mode="r")  # which runs nothing, whatever is in the file
    except (OSError, ValueError, EOFError):  # missing, cut off, or no numbers
        return False
    return bool(codes.shape == shape and codes.dtype == np.float32)


def _write(
    path: Path, model: SentenceAutoencoder, corpus: PreparedCorpus, rows: NDArray[np.int64]
) -> None:
    """Codes of all rows, a window of them in memory at a time."""
    shape = (len(rows), model.config.code_dim)
    codes = open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    model.eval()
    for start in range(0, len(rows), _WINDOW):
        codes[start : start + _WINDOW] = _codes(model, corpus, rows[start : start + _WINDOW])
    codes.flush()


@torch.inference_mode()
def _codes(
    model: SentenceAutoencoder, corpus: PreparedCorpus, rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    split, device = corpus.train, model.embedding.weight.device
    codes = np.empty((len(rows), model.config.code_dim), dtype=np.float32)
    order = np.argsort(split.lengths[rows], kind="stable")  # alike together: hardly any padding
    at_once = 64 if device.type == "cpu" else 1024  # 64 stay in a core's cache: 1.5 × 512's speed
    for part in np.array_split(order, max(1, len(order) // at_once)):
        batch = pad(split.tokens(rows[part])).to(device)
        codes[part] = model.encode(batch).float().cpu().numpy()
    return codes


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(model: SentenceAutoencoder) -> str:
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
