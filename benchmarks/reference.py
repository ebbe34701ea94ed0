"""A plain reference in the style that the field publishes (DAAE; Shen et al., 2020).

    z = W [h→ ; h←],   h_t = LSTM([emb(x_t) + V z], h_{t-1}),   p(x_{t+1}) = softmax(U h_t)

One bidirectional LSTM of 1024 to read, one LSTM of 1024 to write, embeddings of 512, the 10,000
commonest words, a code of 128 that is added to every input, dropout 0.5, three words in ten
blanked, tables from U(-0.1, 0.1), Adam at 5e-4 with β = (0.5, 0.999), float32, batches of 256
sentences of one length, softmax over all words at every position. Nothing of it is ours or slowed.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

_UNK, _BOS, _EOS, _FIRST = 0, 1, 2, 3
_LONGEST = 35


class Reference(nn.Module):
    """The autoencoder, and how it is trained and read.

    Args:
        sentences: training sentences, words between spaces.
        vocabulary: words it knows.
        size: width of the embeddings; the LSTMs are twice as wide.
    """

    def __init__(self, sentences: Sequence[str], vocabulary: int = 10_000, size: int = 512) -> None:
        super().__init__()
        counts = Counter(word for sentence in sentences for word in sentence.split())
        self.words = ["<unk>", "", "", *(word for word, _ in counts.most_common(vocabulary))]
        self.ids = {word: number for number, word in enumerate(self.words)}
        self.embedding = nn.Embedding(len(self.words), size)
        self.encoder = nn.LSTM(size, 2 * size, bidirectional=True, batch_first=True)
        self.code = nn.Linear(4 * size, 128)
        self.spread = nn.Linear(128, size)
        self.decoder = nn.LSTM(size, 2 * size, batch_first=True)
        self.output = nn.Linear(2 * size, len(self.words))
        self.dropout = nn.Dropout(0.5)
        for table in (self.embedding.weight, self.output.weight):
            nn.init.uniform_(table, -0.1, 0.1)
        self.optimiser = torch.optim.Adam(self.parameters(), lr=5e-4, betas=(0.5, 0.999))

    def batches(self, sentences: Sequence[str], size: int = 256, seed: int = 0) -> list[Tensor]:
        """``[sentences, length]`` with their ends, all of one length, in a random order."""
        groups: dict[int, list[list[int]]] = {}
        random = np.random.default_rng(seed)
        for row in random.permutation(len(sentences)).tolist():
            words = self._words(sentences[row])
            groups.setdefault(len(words), []).append([*words, _EOS])
        cut = [g[i : i + size] for g in groups.values() for i in range(0, len(g), size)]
        return [torch.tensor(cut[number]) for number in random.permutation(len(cut)).tolist()]

    def encode(self, tokens: Tensor) -> Tensor:
        """Codes ``[batch, 128]`` from the last states of both directions."""
        _, (hidden, _) = self.encoder(self.dropout(self.embedding(tokens)))
        code: Tensor = self.code(torch.cat([hidden[0], hidden[1]], 1))
        return code

    def loss(self, tokens: Tensor) -> Tensor:
        """Cross-entropy in nats a token."""
        noisy = torch.where(torch.rand(tokens.shape, device=tokens.device) < 0.3, _UNK, tokens)
        inputs = torch.cat([torch.full_like(tokens[:, :1], _BOS), tokens[:, :-1]], 1)
        spread = self.spread(self.encode(noisy))[:, None]
        states, _ = self.decoder(self.dropout(self.embedding(inputs)) + spread)
        logits = self.output(self.dropout(states))
        return functional.cross_entropy(logits.flatten(0, 1), tokens.flatten())

    def train_on(self, tokens: Tensor) -> float:
        """One step of Adam."""
        self.train()
        self.optimiser.zero_grad()
        loss = self.loss(tokens)
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())

    @torch.inference_mode()
    def reconstruct(self, sentences: Sequence[str]) -> list[str]:
        """Greedy reconstructions, those of one length together; their time is not measured."""
        self.eval()
        groups: dict[int, list[int]] = {}
        words = [self._words(text) for text in sentences]
        for row, own in enumerate(words):
            groups.setdefault(len(own), []).append(row)
        written = [""] * len(sentences)
        for rows in groups.values():
            same = torch.tensor([words[row] for row in rows])
            for row, text in zip(rows, self._write(same), strict=True):
                written[row] = text
        return written

    def _words(self, sentence: str) -> list[int]:
        return [self.ids.get(word, _UNK) for word in sentence.split()]

    def _write(self, words: Tensor) -> list[str]:
        ends = torch.full_like(words[:, :1], _EOS)
        spread, state = self.spread(self.encode(torch.cat([words, ends], 1)))[:, None], None
        said = [torch.full_like(ends, _BOS)]
        ended = torch.zeros_like(ends, dtype=torch.bool)
        while not ended.all() and len(said) <= _LONGEST:
            states, state = self.decoder(self.embedding(said[-1]) + spread, state)
            said.append(self.output(states).argmax(-1).masked_fill(ended, _EOS))
            ended |= said[-1] == _EOS
        rows = torch.cat(said, 1).tolist()
        known = [[word for word in row if word >= _FIRST or word == _UNK] for row in rows]
        return [" ".join(self.words[word] for word in row) for row in known]
