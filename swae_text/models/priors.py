"""Explicit priors over the latent of stage two: standard normal, or a mixture of normals.

    p(z) = N(0, I)        p(z) = 1/K Σₖ N(μₖ, I)  with |μⱼ - μₖ| = separation for all j ≠ k
    p(z) = Σₖ πₖ N(μₖ, Σₖ), fitted (``mixture.py``)     c = G(s), s ~ N(0, I), learned (ARAE)

The means of a mixture are the corners of a regular simplex around zero, which lies in the first
K - 1 dimensions; with K = labels, component k is label k (as in the supervised adversarial
autoencoder, Makhzani et al., 2016). Randomness is drawn on the generator's own device and then
moved, so that a CPU generator gives the same samples on every device.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from swae_text.config import GeneratorConfig
from swae_text.errors import ConfigError
from swae_text.nn.mlp import ResidualMLP

_LARGEST = 1 << 20  # numbers in the means of a mixture, which no file has to hold


class Prior(nn.Module):
    """A distribution over latents of ``dim`` numbers that can be sampled and evaluated.

    ``labels`` counts the labels that have a component of their own (0: none have) and ``spread``
    is E|p - p'|², the mean squared distance of two samples, which kernels take as their unit.
    """

    kind: str
    labels: int = 0
    means: Tensor

    def __init__(self, components: int, dim: int, spread: float, *, fitted: bool = False) -> None:
        super().__init__()
        self.register_buffer("means", torch.zeros(components, dim), persistent=fitted)
        self.spread = spread

    @property
    def dim(self) -> int:
        """Numbers in a latent."""
        return self.means.shape[1]

    def sample(
        self,
        n: int,
        *,
        generator: torch.Generator,
        labels: Int[Tensor, " n"] | None = None,
        deviation: float = 1.0,
    ) -> Float[Tensor, "n latent"]:
        """Draw ``n`` latents; row i from the component of ``labels[i]``, from any where it is -1.

        ``deviation`` multiplies that of every component: below 1 draws are nearer to its mean (the
        truncation trick; Brock et al., 2019), above 1 further out.

        Raises:
            ConfigError: labels are given, but the components do not stand for labels.
        """
        chosen = self._components(n, generator, labels)
        return self.means[chosen] + self._noise(chosen, generator, deviation)

    def mixed(
        self,
        z: Float[Tensor, "batch latent"],
        kept: Float[Tensor, "batch 1"],
        *,
        generator: torch.Generator,
    ) -> Float[Tensor, "batch latent"]:
        """Latents mixed with draws of their component: ρz + √(1 - ρ²)ε about its mean.

        Draws of the prior stay such draws, with the correlation ρ (``kept``) to what they were.
        """
        likeliest = self._likeliest(z)
        mean, noise = self.means[likeliest], self._noise(likeliest, generator)
        return mean + kept * (z - mean) + (1 - kept.square()).sqrt() * noise

    def _likeliest(self, z: Float[Tensor, "batch latent"]) -> Int[Tensor, " batch"]:
        """The component that each row is most likely from."""
        return torch.cdist(z, self.means).argmin(1)

    def _noise(
        self, chosen: Int[Tensor, " n"], generator: torch.Generator, deviation: float = 1.0
    ) -> Float[Tensor, "n latent"]:
        """Draws of these components, less their means."""
        noise = torch.randn(len(chosen), self.dim, generator=generator, device=generator.device)
        return deviation * noise.to(self.means)

    def log_prob(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """Log density in nats of every row."""
        squared = torch.stack([(z - mean).square().sum(-1) for mean in self.means], 1)
        log_components = -0.5 * (squared + self.dim * math.log(2 * math.pi))
        return log_components.logsumexp(-1) - math.log(len(self.means))

    def _components(
        self, n: int, generator: torch.Generator, labels: Int[Tensor, " n"] | None
    ) -> Int[Tensor, " n"]:
        count = len(self.means)
        chosen = torch.randint(count, (n,), generator=generator, device=generator.device)
        chosen = chosen.to(self.means.device)
        if labels is None:
            return chosen
        if not self.labels:
            raise ConfigError(
                "this model's prior has no component for each label: draw without a label, or "
                "train with --set stage_two.prior='{kind: mixture}' on a corpus with labels"
            )
        labels = labels.to(self.means.device)
        if n and int(labels.max()) >= self.labels:
            raise ConfigError(f"label {int(labels.max())}: the prior holds 0 to {self.labels - 1}")
        return torch.where(labels < 0, chosen, labels)


class GaussianPrior(Prior):
    """Standard normal: one component at zero."""

    kind = "gaussian"

    def __init__(self, dim: int) -> None:
        super().__init__(1, dim, spread=2.0 * dim)

    def init_non_persistent_buffers(self) -> None:
        """Put the mean where a model that is read from disk has nothing yet."""
        self.means = torch.zeros(self.means.shape)


class MixturePrior(Prior):
    """Equally weighted unit normals whose means are pairwise ``separation`` apart."""

    kind = "mixture"

    def __init__(self, dim: int, components: int, separation: float, labels: int = 0) -> None:
        if not 1 <= components <= dim + 1:
            raise ConfigError(
                f"stage_two.prior: {components} components cannot be equally far apart in "
                f"latent_dim={dim}: give 1 to {dim + 1} components or a larger latent_dim"
            )
        if components * dim > _LARGEST:
            raise ConfigError(
                f"stage_two.prior: {components} components of {dim} numbers each are more than "
                f"{_LARGEST:,}: give fewer"
            )
        # two samples are of different components in (K - 1) of K cases
        spread = 2.0 * dim + separation**2 * (components - 1) / components
        super().__init__(components, dim, spread)
        self.separation, self.labels = separation, labels
        if not self.means.is_meta:
            self.init_non_persistent_buffers()

    def init_non_persistent_buffers(self) -> None:
        """Compute the means, which are not written to disk."""
        self.means = _simplex(*self.means.shape) * self.separation


class GeneratorPrior(nn.Module):
    """A learned map from noise to codes; it has no density (ARAE; Zhao et al., 2018).

    Only ``sample`` is there; gradients flow through it to the generator.
    """

    def __init__(self, config: GeneratorConfig, dim: int) -> None:
        super().__init__()
        self.noise_dim = config.noise_dim
        self.generator = ResidualMLP(config.noise_dim, dim, config.hidden, config.layers)

    def sample(
        self, n: int, *, generator: torch.Generator, deviation: float = 1.0
    ) -> Float[Tensor, "n code"]:
        """Generate ``n`` codes from noise of this deviation."""
        noise = torch.randn(n, self.noise_dim, generator=generator, device=generator.device)
        codes: Tensor = self.generator(deviation * noise.to(self.generator.first.weight))
        return codes.float()


def _simplex(corners: int, dim: int) -> Float[Tensor, "corners dim"]:
    """Corners of a regular simplex of edge 1 around zero, in the first ``corners - 1`` axes."""
    means = torch.zeros(corners, dim, dtype=torch.float64)
    for axis in range(corners - 1):  # Helmert's basis: each axis parts one corner from those before
        means[: axis + 1, axis] = 1.0
        means[axis + 1, axis] = -(axis + 1.0)
        means[:, axis] /= math.sqrt(2.0 * (axis + 1) * (axis + 2))
    return means.float()
