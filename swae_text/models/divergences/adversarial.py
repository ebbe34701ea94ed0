"""A critic that learns to tell prior samples from encoded ones, and the encoder's loss against it.

    critic:   min_D  E softplus(-D(p)) + E softplus(D(z))        D = log odds of "from the prior"
    encoder:  min_E  E softplus(-D(E(c)))                        (non-saturating)

Goodfellow et al. (2014); adversarial autoencoder, Makhzani et al. (2016); WAE-GAN, Tolstikhin et
al. (2018, algorithm 1). The loop alternates the two losses, each with an optimiser of its own
(Adam with β₁ = 0.5 for the critic). Neither loss reaches the other's parameters.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import softplus

from swae_text.config import AdversarialConfig
from swae_text.errors import TrainingError
from swae_text.models.divergences.base import Divergence, full_precision


class Adversarial(Divergence):
    """Critic and both losses. ``forward`` is the encoder's loss in nats.

    It is log 2 when the critic cannot tell the two apart, and grows as it can; it is not zero for
    equal distributions.
    """

    def __init__(self, config: AdversarialConfig, dim: int) -> None:
        super().__init__()
        widths = [dim, *[config.hidden] * config.layers]
        layers: list[nn.Module] = []
        for width_in, width_out in pairwise(widths):
            layers += [nn.Linear(width_in, width_out), nn.LeakyReLU(0.2)]
        self.critic = nn.Sequential(*layers, nn.Linear(widths[-1], 1))

    def estimate(
        self,
        z: Float[Tensor, "batch latent"],
        prior_z: Float[Tensor, "samples latent"],
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """Encoder's loss; ``prior_z`` and ``generator`` are not used, nor is the critic trained."""
        return softplus(-self._frozen(z)).mean()

    def deceit(self, prior_z: Float[Tensor, "samples latent"]) -> Float[Tensor, ""]:
        """Loss in nats of a generator that makes ``prior_z``: to be taken for encoded (ARAE)."""
        with torch.autocast(prior_z.device.type, enabled=False):
            return softplus(self._frozen(full_precision(prior_z))).mean()

    def _frozen(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch 1"]:
        """The critic's log odds, with gradients to ``z`` alone."""
        frozen = {name: weight.detach() for name, weight in self.critic.named_parameters()}
        odds: Tensor = torch.func.functional_call(self.critic, frozen, (z,))
        return odds

    def critic_loss(
        self, z: Float[Tensor, "batch latent"], prior_z: Float[Tensor, "samples latent"]
    ) -> Float[Tensor, ""]:
        """Critic's loss in nats; no gradient flows into ``z``. 2 log 2 is a guess at random."""
        with torch.autocast(z.device.type, enabled=False):
            fake: Tensor = self.critic(full_precision(z.detach()))
            real: Tensor = self.critic(full_precision(prior_z.detach()))
            return softplus(-real).mean() + softplus(fake).mean()


class HasCritic(nn.Module):
    """A model whose ``divergence`` may be adversarial: the critic is kept apart from the rest."""

    divergence: Divergence | None

    def critic_loss(
        self, z: Float[Tensor, "batch latent"], prior_z: Float[Tensor, "samples latent"]
    ) -> Float[Tensor, ""]:
        """Loss of the adversarial critic alone, in nats; ``z`` is detached inside.

        Raises:
            TrainingError: the divergence is another, which has no critic.
        """
        if not isinstance(self.divergence, Adversarial):
            kind = type(self.divergence).__name__
            raise TrainingError(f"{kind} has no critic: only the divergence 'adversarial' has one")
        return self.divergence.critic_loss(z, prior_z)

    def critic_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the critic; none where the divergence is not adversarial."""
        if self.divergence is not None:
            yield from self.divergence.parameters()

    def model_parameters(self) -> Iterator[nn.Parameter]:
        """All parameters but the critic's."""
        critic = {id(parameter) for parameter in self.critic_parameters()}
        return (parameter for parameter in self.parameters() if id(parameter) not in critic)
