"""Stage one as the loop sees it: sentences in, reconstruction out."""

import numpy as np
import torch
from torch import Tensor, nn

from swae_text.config import RunConfig, StageOneTraining
from swae_text.corpora.batching import batches, pad
from swae_text.corpora.store import PreparedCorpus
from swae_text.errors import ConfigError
from swae_text.metrics.reconstruction import reconstruction
from swae_text.models.autoencoder import AutoencoderLoss, SentenceAutoencoder
from swae_text.models.code_model import CodeModel
from swae_text.space import SentenceSpace
from swae_text.training.collapse import signs
from swae_text.training.loop import StepLoss


class StageOne:
    """The sentence autoencoder on a prepared corpus, with the stage two of ``latent_noise``."""

    name = "one"

    def __init__(
        self,
        config: RunConfig,
        corpus: PreparedCorpus,
        device: torch.device,
        stage_two: CodeModel | None = None,
    ) -> None:
        self.config, self.corpus, self.device, self.stage_two = config, corpus, device, stage_two
        self.budget: StageOneTraining = config.training.stage_one
        self.sentences = corpus.train
        self.regulariser = config.model.regulariser
        if config.model.label_weight and not corpus.labels:
            raise ConfigError(
                "model.label_weight reads labels, and the corpus has none: name their column with "
                "--set corpus.label=COLUMN, or leave it out"
            )
        pieces, labels = corpus.tokenizer.vocab_size, len(corpus.labels)
        self.module = SentenceAutoencoder(config.model, pieces, labels)
        self.space = SentenceSpace(
            config, corpus.tokenizer, self.module, self.stage_two, corpus.labels
        )

    def epoch(self, epoch: int, start: int, rank: int, world: int) -> list[np.ndarray]:
        """Batches of similar length within the token budget."""
        self.sentences = self.corpus.epoch(epoch)
        return batches(
            self.sentences.lengths,
            budget=self.budget.batch_tokens,
            seed=self.config.seed,
            epoch=epoch,
            start=start,
            rank=rank,
            world=world,
        )

    def loss(
        self, module: nn.Module, rows: np.ndarray, generator: torch.Generator, progress: float
    ) -> StepLoss:
        """Reconstruction of these sentences, and the regulariser's price of their codes."""
        tokens = pad(self.sentences.tokens(rows)).to(self.device)
        loss: AutoencoderLoss = module.loss(  # type: ignore[operator]  # a forward method of Fabric's
            tokens,
            generator=generator,
            progress=progress,
            labels=self._labels(rows),
            stage_two=self.stage_two,
        )
        parts = {"cross_entropy": loss.cross_entropy}
        if self.config.model.bag_of_words:
            parts["bag_of_words"] = loss.bag_of_words
        if self.config.model.label_weight:
            parts["label"] = loss.label
        if self.regulariser.kind != "none":
            parts["divergence"] = loss.divergence
        return StepLoss(loss.total, parts, loss.z, loss.prior_z)

    def _labels(self, rows: np.ndarray) -> Tensor | None:
        """Of these sentences, where they are read."""
        if not self.config.model.label_weight:
            return None
        return torch.from_numpy(self.sentences.labels[rows]).long().to(self.device)

    def evaluate(self) -> dict[str, float]:
        """Greedy reconstruction of validation sentences: BLEU and share of exact matches."""
        return valid_reconstruction(self.space, self.corpus, self.budget.evaluate_sentences)


def valid_reconstruction(
    space: SentenceSpace, corpus: PreparedCorpus, sentences: int
) -> dict[str, float]:
    """BLEU, exact match and signs of collapse of the first ``sentences`` validation sentences."""
    texts = corpus.valid.texts(np.arange(min(sentences, len(corpus.valid))))
    z = space.encode(texts)
    written = space.decode(z)
    result = reconstruction(texts, written)
    found = {"valid_bleu": result.bleu, "valid_exact": result.exact_match}
    return found | signs(z, texts, written)
