"""Stage two as the loop sees it: codes in, latents under the prior, codes out.

In the last ``finetune_steps`` the codes that come back are also judged by what they say:

    loss = |c - ĉ|² / C + λ·D(q(z), p(z)) + w · (-log p(x | ĉ))        decoder frozen
"""

import numpy as np
import torch
from torch import Tensor, nn

from swae_text.config import NoneConfig, RunConfig, StageTwoTraining
from swae_text.corpora.batching import pad
from swae_text.corpora.store import PreparedCorpus
from swae_text.errors import ConfigError
from swae_text.models.autoencoder import SentenceAutoencoder
from swae_text.models.code_model import StageTwoLoss
from swae_text.models.stage_two import build_stage_two
from swae_text.space import SentenceSpace
from swae_text.training.codes import chosen_rows
from swae_text.training.loop import StepLoss
from swae_text.training.stage_one import valid_reconstruction

_FITTED = 300_000  # codes that means, deviations and axes are taken from; more say the same


class StageTwo:
    """The map between codes and latents, on the codes of a frozen stage one.

    Args:
        config: the run.
        corpus: where the codes came from.
        autoencoder: stage one, trained.
        codes: of training sentences, ``[sentences, C]``.
        rows: which sentences these are, in the training split.
    """

    name = "two"

    def __init__(
        self,
        config: RunConfig,
        corpus: PreparedCorpus,
        autoencoder: SentenceAutoencoder,
        codes: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        if config.stage_two is None:
            raise ConfigError("these settings have no stage two (stage_two: null)")
        self.config, self.corpus, self.codes, self.rows = config, corpus, codes, rows
        self.budget: StageTwoTraining = config.training.stage_two
        self.regulariser = getattr(config.stage_two, "divergence", NoneConfig())
        self.autoencoder = autoencoder.eval().requires_grad_(False)
        self.device = autoencoder.embedding.weight.device
        self.module = build_stage_two(
            config.stage_two, config.model.code_dim, len(corpus.labels)
        ).to(self.device)
        sample = chosen_rows(len(codes), _FITTED, config.seed)
        self.module.fit(torch.from_numpy(codes[sample]).to(self.device), self._labels(sample))
        self.space = SentenceSpace(
            config, corpus.tokenizer, autoencoder, self.module, corpus.labels
        )

    def epoch(self, epoch: int, start: int, rank: int, world: int) -> list[np.ndarray]:
        """Shuffled batches of one size; what is left over waits for another epoch's order."""
        order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self.codes))
        size = min(self.budget.batch_size, max(2, len(order) // world))
        order = order[start * size :]
        whole = len(order) // (size * world) * world
        return list(order[: whole * size].reshape(whole, size)[rank::world])

    def _labels(self, rows: np.ndarray) -> Tensor:
        """Of the sentences of these codes."""
        return torch.from_numpy(self.corpus.train.labels[self.rows[rows]]).long().to(self.device)

    def loss(
        self, module: nn.Module, rows: np.ndarray, generator: torch.Generator, progress: float
    ) -> StepLoss:
        """Squared error of these codes, their divergence from the prior, and what they say."""
        codes = torch.from_numpy(self.codes[rows]).to(self.device)
        labels = self._labels(rows)
        loss: StageTwoLoss = module.loss(  # type: ignore[operator]  # a forward method of Fabric's
            codes, generator=generator, progress=progress, labels=labels
        )
        total, parts = loss.total, {"mse": loss.reconstruction, "divergence": loss.divergence}
        if progress >= 1 - self.budget.finetune_steps / max(self.budget.steps, 1):
            tokens = pad(self.corpus.train.tokens(self.rows[rows])).to(self.device)
            said = self.autoencoder.cross_entropy(loss.reconstructed, tokens)
            total, parts = total + self.budget.finetune_weight * said, parts | {"said": said}
        return StepLoss(total, parts, loss.z, loss.prior_z)

    def evaluate(self) -> dict[str, float]:
        """Greedy reconstruction of validation sentences through both stages."""
        return valid_reconstruction(self.space, self.corpus, self.budget.evaluate_sentences)
