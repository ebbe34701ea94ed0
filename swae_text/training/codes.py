"""The codes of a corpus, computed once by stage one and kept on disk for stage two.

runs/NAME/codes/train.npy     [sentences, C] float32, memory-mapped
runs/NAME/codes/made.json     checksum of the weights and name of the corpus that made them
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap

from swae_text.atomic import atomic_path, atomic_write
from swae_text.corpora.batching import pad
from swae_text.corpora.store import PreparedCorpus
from swae_text.models.autoencoder import SentenceAutoencoder


def training_codes(
    model: SentenceAutoencoder, corpus: PreparedCorpus, folder: Path
) -> tuple[np.ndarray, bool]:
    """Codes of the training split, read from disk where the same weights made them before.

    Returns:
        ``[sentences, C]`` float32, in the order of the split, memory-mapped; and whether they
        were there already.
    """
    made = {"weights": _checksum(model), "corpus": corpus.fingerprint}
    path, label = folder / "train.npy", folder / "made.json"
    there = path.exists() and label.exists() and json.loads(label.read_bytes()) == made
    if not there:
        label.unlink(missing_ok=True)
        with atomic_path(path) as temporary:
            _write(model, corpus, temporary)
        atomic_write(label, json.dumps(made).encode())
    return np.load(path, mmap_mode="r"), there


@torch.inference_mode()
def _write(model: SentenceAutoencoder, corpus: PreparedCorpus, path: Path) -> None:
    split, device = corpus.train, model.embedding.weight.device
    codes = open_memmap(
        path, mode="w+", dtype=np.float32, shape=(len(split), model.config.code_dim)
    )
    order = np.argsort(split.lengths, kind="stable")  # equal lengths together: hardly any padding
    model.eval()
    for rows in np.array_split(order, max(1, len(order) // 512)):
        codes[rows] = model.encode(pad(split.tokens(rows)).to(device)).cpu().numpy()
    codes.flush()


def _checksum(model: SentenceAutoencoder) -> str:
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
