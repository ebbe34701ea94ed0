"""Stage one: the sentence autoencoder ``x → c → x̂``.

    c = E(corrupt(x)),   loss = -E log p(x | c + σε) + bag of words + label + λ·D(q(c), p(c))

The code is one vector of ``C`` numbers that the decoder reads as ``K`` slots. With the regulariser
``none`` its distribution is left free ("the encoded prior"; Xu et al., 2019, arXiv 1910.02560);
the other regularisers give the field's one-stage models (VAE, WAE, AAE, LAAE, DAAE, ARAE).
Shape letters are those of ``swae_text.config``; ``S`` numbers of one slot.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from swae_text.config import (
    AdversarialConfig,
    DecoderConfig,
    EncoderConfig,
    KLConfig,
    LSTMDecoderConfig,
    LSTMEncoderConfig,
    ModelConfig,
    NoneConfig,
)
from swae_text.corpora.corruption import corrupt
from swae_text.corpora.crossover import cross
from swae_text.corpora.tokenizer import BOS, PAD
from swae_text.errors import ConfigError
from swae_text.models.code_model import CodeModel
from swae_text.models.divergences import (
    Adversarial,
    HasCritic,
    build_divergence,
    gaussian_kl,
    kl_weight,
    posterior_sample,
    variance_penalty,
)
from swae_text.models.latent_noise import latent_noised
from swae_text.models.priors import GaussianPrior, GeneratorPrior
from swae_text.names import PrecisionName
from swae_text.nn.base import SentenceDecoder, SentenceEncoder
from swae_text.nn.cross_entropy import linear_cross_entropy
from swae_text.nn.integers import IntegerLinear, multiply_in_integers
from swae_text.nn.recurrent import LSTMDecoder, LSTMEncoder
from swae_text.nn.transformer import TransformerDecoder, TransformerEncoder


class AutoencoderLoss(NamedTuple):
    """What a batch cost. ``total`` is what is minimised; the parts are not weighted.

    Attributes:
        total: cross-entropy plus the weighted parts.
        cross_entropy: nats a token, end of sentence included.
        bag_of_words: nats a token of the sentence read as a set; 0 when unused.
        label: nats a sentence of its label read by a line; 0 when unused.
        divergence: of codes from the prior; nats a sentence for ``kl``; 0 when unused.
        z: the codes before noise, as they meet the prior.
        prior_z: the prior samples they were compared with; empty without a divergence.
    """

    total: Float[Tensor, ""]
    cross_entropy: Float[Tensor, ""]
    bag_of_words: Float[Tensor, ""]
    label: Float[Tensor, ""]
    divergence: Float[Tensor, ""]
    z: Float[Tensor, "batch code"]
    prior_z: Float[Tensor, "samples code"]


class SentenceAutoencoder(HasCritic):
    """Tokens to a code and back.

    Args:
        config: encoder, decoder, the code between them, and what regularises it.
        vocab_size: pieces of the tokenizer.
        labels: labels of the corpus, which ``label_weight`` reads.
    """

    def __init__(self, config: ModelConfig, vocab_size: int, labels: int = 0) -> None:
        super().__init__()
        self.config = config
        self.prior = _prior(config)
        self.embedding = _embedding(vocab_size, config.decoder.width)
        shared = config.encoder.width == config.decoder.width
        self.encoder_embedding = (
            self.embedding if shared else _embedding(vocab_size, config.encoder.width)
        )
        self.encoder = _encoder(config.encoder, config)
        self.decoder = _decoder(config.decoder, config)
        slot_dim = config.code_dim // config.slots
        outputs = 2 * slot_dim if config.stochastic else slot_dim
        self.write = _SlotwiseLinear(config.slots, config.encoder.width, outputs)
        self.read = _SlotwiseLinear(config.slots, slot_dim, config.decoder.width, bias=1.0)
        self.output_bias = nn.Parameter(torch.zeros(vocab_size))
        self.output: IntegerLinear | None = None
        if config.bag_of_words:
            self.bag = nn.Linear(config.code_dim, config.decoder.width)
        if config.label_weight:
            self.label = nn.Linear(config.code_dim, labels)
        self.divergence = build_divergence(config.regulariser, config.code_dim)
        if config.latent_noise:  # then codes stay what they are
            for part in (self.encoder, self.encoder_embedding, self.write):
                part.requires_grad_(False)

    def train(self, mode: bool = True) -> "SentenceAutoencoder":
        """Training mode, in which an encoder that is not trained has no dropout."""
        super().train(mode)
        if self.config.latent_noise:
            self.encoder.eval()
        return self

    @property
    def vocab_size(self) -> int:
        """Pieces of the tokenizer."""
        return self.embedding.num_embeddings

    def multiply_in(self, precision: PrecisionName) -> None:
        """Keep the weights that take the time in this type, to be used and not trained on.

        Integers take the place of linear maps and of the output layer; LSTMs stay float32.
        """
        if precision == "bfloat16":
            self.to(torch.bfloat16)
            self.prior.float()  # draws are vectors, and those are float32
        elif precision == "int8":
            multiply_in_integers(self.encoder)
            multiply_in_integers(self.decoder)
            self.output = IntegerLinear(self.embedding.weight, self.output_bias)

    def encode(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch code"]:
        """Codes of padded sentences (means where stochastic); padding changes nothing."""
        return self.posterior(tokens)[0]

    def posterior(
        self, tokens: Int[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch code"], Float[Tensor, "batch code"] | None]:
        """Mean and, where the encoder is stochastic, log-variance of q(c|x)."""
        real = tokens != PAD
        slots_BKW = self.encoder(self.encoder_embedding(tokens), real)
        slots_BKS = self.write(slots_BKW).float()
        if self.config.stochastic:
            mean_BKS, logvar_BKS = slots_BKS.chunk(2, dim=-1)
            return mean_BKS.flatten(1), logvar_BKS.flatten(1)
        return self.normalised(slots_BKS.flatten(1)), None

    def sample(
        self, n: int, *, generator: torch.Generator, deviation: float = 1.0
    ) -> Float[Tensor, "n code"]:
        """Draw codes from what they were drawn to: the prior, or ARAE's generator.

        ``deviation`` multiplies the prior's own.

        Raises:
            ConfigError: the codes were left free, so no prior stands for them; or they are of one
                length, so that no deviation changes them.
        """
        if self.config.regulariser.kind == "none":
            raise ConfigError(
                "this model's codes were left free, so they have no prior: train a stage two "
                "with `swae-text train CONFIG --stage two`"
            )
        if deviation != 1 and self.config.normalise:
            raise ConfigError("deviation: this model's codes are of one length: leave it out")
        return self.normalised(self.prior.sample(n, generator=generator, deviation=deviation))

    def normalised(self, code: Float[Tensor, "batch code"]) -> Float[Tensor, "batch code"]:
        """Codes at the length √C, where this model's codes have that length."""
        if not self.config.normalise:
            return code
        return functional.rms_norm(code, (self.config.code_dim,))

    def at_noise(
        self, code: Float[Tensor, "batch code"], level: float
    ) -> Float[Tensor, "batch code"]:
        """Codes as long as noise of this level makes them: √(1 + level²) √C.

        Raises:
            ConfigError: this model's codes have no length of their own.
        """
        if not self.config.normalise:
            raise ConfigError(
                "noise_level: this model's codes are not of one length (model.normalise), from "
                "which its decoder could read it: leave it out"
            )
        return self.normalised(code) * math.sqrt(1 + level**2)

    def memory(self, code: Float[Tensor, "batch code"]) -> Float[Tensor, "batch slots width"]:
        """The code as the slots that the decoder attends to."""
        code = code.to(self.embedding.weight.dtype)  # codes are float32, whatever the weights are
        slots: Tensor = self.read(
            code.view(len(code), self.config.slots, self.config.code_dim // self.config.slots)
        )
        return slots

    def logits(self, states: Float[Tensor, "*any width"]) -> Float[Tensor, "*any vocab"]:
        """Scores of the next token: the output layer is the embedding table."""
        if self.output is None:
            return functional.linear(states, self.embedding.weight, self.output_bias)
        scores: Tensor = self.output(states)
        return scores

    def teacher_forced(
        self, code: Float[Tensor, "batch code"], tokens: Int[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "real vocab"], Int[Tensor, " real"]]:
        """Scores and targets of every real token, given the true tokens before it."""
        states, targets = self._real_states(code, tokens)
        return self.logits(states), targets

    def cross_entropy(
        self, code: Float[Tensor, "batch code"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, ""]:
        """-log p(x | c) in nats a token, end of sentence included."""
        states, targets = self._real_states(code, tokens)
        return linear_cross_entropy(states, self.embedding.weight, self.output_bias, targets)

    def _real_states(self, code_BC: Tensor, tokens_BT: Tensor) -> tuple[Tensor, Tensor]:
        """States that predict real tokens, and these: padding never costs an output layer."""
        start = torch.full_like(tokens_BT[:, :1], BOS)
        states_BTW = self.decoder(
            self.embedding(torch.cat([start, tokens_BT[:, :-1]], 1)), self.memory(code_BC)
        )
        real = tokens_BT != PAD
        return states_BTW[real], tokens_BT[real]

    def log_likelihood(
        self, code: Float[Tensor, "batch code"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, " batch"]:
        """Log p(x | c) in nats a sentence, end of sentence included."""
        logits, targets = self.teacher_forced(code, tokens)
        nats = -functional.cross_entropy(logits.float(), targets, reduction="none")
        rows = (tokens != PAD).nonzero()[:, 0]
        return torch.zeros(len(tokens), device=tokens.device).index_add(0, rows, nats)

    def loss(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        generator: torch.Generator,
        progress: float = 1.0,
        labels: Int[Tensor, " batch"] | None = None,
        stage_two: CodeModel | None = None,
    ) -> AutoencoderLoss:
        """What a batch costs in training.

        Args:
            tokens: padded sentences, each with its end-of-sentence token.
            generator: source of corruption, noise and prior samples.
            progress: share of the budget that is spent, for the schedules of noise and β.
            labels: of each sentence, -1 where it has none; read with a ``label_weight``.
            stage_two: the map to latents in which ``latent_noise`` is; none without it.
        """
        config, zero = self.config, torch.zeros((), device=tokens.device)
        crossed = None
        if config.crossover.share:
            tokens, crossed = cross(tokens, config.crossover, generator)
            labels = None if labels is None else labels.masked_fill(crossed[:, 0], -1)
        damaged = corrupt(tokens, config.corruption, self.vocab_size, generator)
        mean, logvar = self.posterior(damaged)
        code = mean if logvar is None else posterior_sample(mean, logvar, generator)
        noisy = self._disturb(code, generator, progress, crossed, stage_two)
        cross_entropy = self.cross_entropy(noisy, tokens)
        bag = self._bag_of_words(noisy, tokens) if config.bag_of_words else zero
        label = zero if labels is None or not config.label_weight else self._label(noisy, labels)
        divergence, weighted, prior = zero, zero, code[:0]
        if isinstance(config.regulariser, KLConfig) and logvar is not None:
            divergence = gaussian_kl(mean, logvar)
            pressed = gaussian_kl(mean, logvar, config.regulariser.free_bits)
            # Nats a sentence become nats a token, the unit of the cross-entropy beside them.
            weighted = kl_weight(config.regulariser, progress) * pressed / _mean_length(tokens)
        elif self.divergence is not None and not isinstance(config.regulariser, NoneConfig):
            prior = self.normalised(self.prior.sample(len(code), generator=generator))
            divergence = self.divergence(code, prior, generator=generator)
            weighted = config.regulariser.weight * (divergence + self._deceit(prior))
        if config.variance is not None and logvar is not None:
            vanished = variance_penalty(logvar, config.variance.penalty)
            weighted = weighted + config.variance.weight * vanished / _mean_length(tokens)
        weighted = weighted + config.label_weight * label / _mean_length(tokens)
        total = cross_entropy + config.bag_of_words * bag + weighted
        return AutoencoderLoss(total, cross_entropy, bag, label, divergence, code, prior)

    def _deceit(self, generated_BC: Tensor) -> Tensor:
        """The generator's loss: its codes should pass for encoded ones (0 without a generator)."""
        if isinstance(self.prior, GeneratorPrior) and isinstance(self.divergence, Adversarial):
            return self.divergence.deceit(generated_BC)
        return generated_BC.new_zeros(())

    def _disturb(
        self,
        code_BC: Tensor,
        generator: torch.Generator,
        progress: float,
        crossed_B1: Tensor | None = None,
        stage_two: CodeModel | None = None,
    ) -> Tensor:
        """Code noise, rising over the first ``noise_warmup`` of the budget, and dropped codes.

        Crossed sentences stay near their codes: far from all of them the decoder writes English.
        """
        warmup = self.config.noise_warmup
        noise = self.config.code_noise * (min(1.0, progress / warmup) if warmup else 1.0)

        def chance_B1() -> Tensor:
            return torch.rand(len(code_BC), 1, generator=generator, device=code_BC.device)

        if crossed_B1 is None:
            crossed_B1 = torch.zeros_like(code_BC[:, :1], dtype=torch.bool)
        if noise:
            level_B1 = torch.full_like(code_BC[:, :1], noise)
            if self.config.noise_levels == "uniform":
                level_B1 *= chance_B1()
            if stage_two is not None:
                mixed_B = ((chance_B1() < self.config.latent_noise) & ~crossed_B1)[:, 0]
                code_BC = code_BC.clone()
                code_BC[mixed_B] = latent_noised(
                    code_BC[mixed_B], level_B1[mixed_B] / noise, stage_two, generator
                )
            less_B1 = self.config.crossover.noise * level_B1
            code_BC = noised(code_BC, torch.where(crossed_B1, less_B1, level_B1), generator)
        if self.config.code_dropout:
            shown_B1 = chance_B1() >= self.config.code_dropout
            code_BC = code_BC * (shown_B1 | crossed_B1)
        return code_BC

    def _bag_of_words(self, code_BC: Tensor, tokens_BT: Tensor) -> Tensor:
        """-log p(token | c) without order, nats a token (Zhao et al., 2017, eq. 9)."""
        log_BV = self.logits(self.bag(code_BC)).float().log_softmax(-1)
        real = tokens_BT != PAD
        return -log_BV.gather(1, tokens_BT)[real].mean()

    def _label(self, code_BC: Tensor, labels_B: Tensor) -> Tensor:
        """-log p(label | c) in nats a sentence; those without a label count as told."""
        nats = functional.cross_entropy(
            self.label(code_BC).float(), labels_B, ignore_index=-1, reduction="sum"
        )
        return nats / len(code_BC)


def noised(
    code: Float[Tensor, "batch code"], level: Tensor | float, generator: torch.Generator
) -> Float[Tensor, "batch code"]:
    """Codes under Gaussian noise of this standard deviation, of all or of each row."""
    return code + level * torch.randn(code.shape, generator=generator, device=code.device)


class _SlotwiseLinear(nn.Module):
    """A linear map of its own for every slot: ``[B, K, I] → [B, K, O]``."""

    def __init__(self, slots: int, inputs: int, outputs: int, bias: float = 0.0) -> None:
        super().__init__()
        weight = torch.empty(slots, inputs, outputs)
        self.weight = nn.Parameter(nn.init.normal_(weight, std=inputs**-0.5))
        # The bias tells the slots apart, so that attention can find one from the first step.
        self.bias = nn.Parameter(nn.init.normal_(torch.empty(slots, outputs), std=bias))

    def forward(self, x_BKI: Tensor) -> Tensor:
        return torch.einsum("bki,kio->bko", x_BKI, self.weight) + self.bias


def _embedding(vocab_size: int, width: int) -> nn.Embedding:
    embedding = nn.Embedding(vocab_size, width)
    nn.init.normal_(embedding.weight, std=width**-0.5)
    return embedding


def _encoder(config: EncoderConfig, model: ModelConfig) -> SentenceEncoder:
    if isinstance(config, LSTMEncoderConfig):
        return LSTMEncoder(config, model.slots)
    return TransformerEncoder(config, model.slots, model.max_tokens)


def _decoder(config: DecoderConfig, model: ModelConfig) -> SentenceDecoder:
    if isinstance(config, LSTMDecoderConfig):
        return LSTMDecoder(config)
    return TransformerDecoder(config, model.max_tokens)


def _prior(config: ModelConfig) -> GaussianPrior | GeneratorPrior:
    regulariser = config.regulariser
    if isinstance(regulariser, AdversarialConfig) and regulariser.generator is not None:
        return GeneratorPrior(regulariser.generator, config.code_dim)
    return GaussianPrior(config.code_dim)


def _mean_length(tokens_BT: Tensor) -> Tensor:
    return (tokens_BT != PAD).sum(1).float().mean()
