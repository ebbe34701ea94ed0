"""The codes of a corpus, computed once by stage one and kept on disk for stage two.

runs/NAME/codes/train.npy     [sentences, C] float32, memory-mapped
runs/NAME/codes/made.json     checksum of the weights and name of the corpus that made them
"""

import hashlib
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from swae_text.atomic import atomic_path, atomic_write
from swae_text.corpora.batching import pad
from swae_text.corpora.store import PreparedCorpus
from swae_text.models.autoencoder import SentenceAutoencoder


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
    precision: AbstractContextManager[Any],
) -> tuple[np.ndarray, bool]:
    """Codes of training sentences, read from disk where the same weights made them before.

    Args:
        model: stage one, trained.
        corpus: where the sentences are.
        rows: which of them.
        folder: where the codes are kept.
        precision: entered while they are computed.

    Returns:
        ``[rows, C]`` float32, memory-mapped; and whether they were there already.
    """
    which = hashlib.sha256(rows.tobytes()).hexdigest()
    made = {"weights": _checksum(model), "corpus": corpus.fingerprint, "rows": which}
    path, label, written = folder / "train.npy", folder / "made.json", json.dumps(made).encode()
    there = label.exists() and label.read_bytes() == written
    codes = _open(path, (len(rows), model.config.code_dim)) if there else None
    if codes is not None:
        return codes, True
    label.unlink(missing_ok=True)
    with atomic_path(path) as temporary, precision:
        _write(model, corpus, rows, temporary)
    atomic_write(label, written)
    return open_memmap(path, mode="r"), False


def _open(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """Codes on disk, memory-mapped; None where there are none of this shape. Nothing is run."""
    try:
        codes = open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError):  # missing, cut off, or no numbers
        return None
    return codes if codes.shape == shape and codes.dtype == np.float32 else None


@torch.inference_mode()
def _write(
    model: SentenceAutoencoder, corpus: PreparedCorpus, rows: NDArray[np.int64], path: Path
) -> None:
    split, device = corpus.train, model.embedding.weight.device
    codes = open_memmap(path, mode="w+", dtype=np.float32, shape=(len(rows), model.config.code_dim))
    order = np.argsort(split.lengths[rows], kind="stable")  # alike together: hardly any padding
    model.eval()
    for part in np.array_split(order, max(1, len(order) // 512)):
        batch = pad(split.tokens(rows[part])).to(device)
        codes[part] = model.encode(batch).float().cpu().numpy()
    codes.flush()


def _checksum(model: SentenceAutoencoder) -> str:
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
