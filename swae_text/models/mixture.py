"""A Gaussian mixture with full covariances, fitted by expectation and maximisation.

    p(z) = Σₖ πₖ N(z; μₖ, Σₖ)
    E: rᵢₖ = πₖ N(zᵢ; μₖ, Σₖ) / Σⱼ …       M: Nₖ = Σᵢ rᵢₖ,  μₖ = Σᵢ rᵢₖ zᵢ / Nₖ,
       Σₖ = (Σᵢ rᵢₖ (zᵢ - μₖ)(zᵢ - μₖ)ᵀ + ν S) / (Nₖ + ν)

Density estimation after the fact on the codes of a deterministic autoencoder (Ghosh et al., 2020,
"From variational to deterministic autoencoders"): the plain baseline that a trained stage two has
to beat. ``S`` is the covariance of all points and ν its weight in points, so that a component with
few points keeps the shape of the whole (Fraley and Raftery, 2007, section 2.2).
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swae_text.config import FittedPriorConfig, GaussianPriorConfig, PriorConfig
from swae_text.errors import ConfigError
from swae_text.models.priors import GaussianPrior, MixturePrior, Prior

_POINTS = 100_000  # the fit looks at no more: its cost grows with points · components · dim²
_CHUNK = 8192


class FittedMixture(Prior):
    """Mixture of ``components`` normals over ``dim`` numbers; a standard normal until fitted."""

    kind = "fitted"
    factors: Tensor
    log_weights: Tensor

    def __init__(self, dim: int, components: int, iterations: int) -> None:
        super().__init__(components, dim, spread=2.0 * dim, fitted=True)
        self.iterations = iterations
        self.register_buffer("factors", torch.eye(dim).repeat(components, 1, 1))
        self.register_buffer("log_weights", torch.full((components,), -math.log(components)))

    @torch.no_grad()
    def fit(self, z: Float[Tensor, "n latent"], seed: int = 0) -> None:
        """Fit to these points, from means at points that are far apart (k-means++)."""
        random = torch.Generator().manual_seed(seed)
        points = z[torch.randperm(len(z), generator=random)[:_POINTS].to(z.device)]
        centred = points - points.mean(0)
        whole = centred.T @ centred / len(points) + 1e-4 * torch.eye(self.dim).to(z)
        self.means.copy_(_far_apart(points, len(self.means), random))
        self.factors.copy_(torch.linalg.cholesky(whole))
        for _ in range(self.iterations):
            self._maximise(points, whole)

    def _components(
        self, n: int, generator: torch.Generator, labels: Int[Tensor, " n"] | None
    ) -> Int[Tensor, " n"]:
        if labels is not None:
            raise ConfigError("a fitted mixture has no component for each label: use `mixture`")
        weights = self.log_weights.softmax(0).to(generator.device)
        chosen = torch.multinomial(weights, n, replacement=True, generator=generator)
        return chosen.to(self.means.device)

    def _likeliest(self, z: Float[Tensor, "batch latent"]) -> Int[Tensor, " batch"]:
        return self._joint(z).argmax(1)

    def _noise(
        self, chosen: Int[Tensor, " n"], generator: torch.Generator, deviation: float = 1.0
    ) -> Float[Tensor, "n latent"]:
        noise = super()._noise(chosen, generator, deviation)
        shaped = torch.empty_like(noise)
        for k in torch.unique(chosen).tolist():  # one by one: all at once need n · dim² numbers
            mine = chosen == k
            shaped[mine] = noise[mine] @ self.factors[k].T
        return shaped

    def log_prob(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """Log density in nats of every row."""
        return self._joint(z).logsumexp(-1)

    def _joint(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch components"]:
        """Log πₖ N(z; μₖ, Σₖ)."""
        columns = []
        for mean, factor in zip(self.means, self.factors, strict=True):
            white = torch.linalg.solve_triangular(factor, (z - mean).T, upper=False)
            columns.append(-0.5 * white.square().sum(0) - factor.diagonal().log().sum())
        constant = 0.5 * self.dim * math.log(2 * math.pi)
        return torch.stack(columns, 1) + self.log_weights - constant

    def _maximise(
        self, points: Float[Tensor, "n latent"], whole: Float[Tensor, "latent latent"]
    ) -> None:
        """One round: responsibilities, and the weights, means and covariances that follow."""
        shares = torch.cat([self._joint(part).softmax(-1) for part in torch.split(points, _CHUNK)])
        counts = shares.sum(0)
        means = (shares.T @ points) / counts.clamp_min(1e-6)[:, None]
        for k, count in enumerate(counts.tolist()):
            if count < 1:  # nobody is here: the component rests
                continue
            centred = (points - means[k]) * shares[:, k : k + 1].sqrt()
            covariance = (centred.T @ centred + self.dim * whole) / (count + self.dim)
            self.factors[k] = torch.linalg.cholesky(covariance)
            self.means[k] = means[k]
        self.log_weights.copy_(counts.clamp_min(1e-6).log() - math.log(float(counts.sum())))


def _far_apart(
    points: Float[Tensor, "n latent"], count: int, random: torch.Generator
) -> Float[Tensor, "count latent"]:
    """Points drawn in proportion to their squared distance from those before them."""
    chosen = points[:1]
    nearest = (points - chosen).square().sum(1)
    for _ in range(count - 1):
        ladder = (nearest.cpu().double() + 1e-12).cumsum(0)
        drawn = torch.rand(1, generator=random, dtype=torch.float64) * ladder[-1]
        new = points[torch.searchsorted(ladder, drawn).clamp_max(len(points) - 1)]
        chosen = torch.cat([chosen, new])
        nearest = torch.minimum(nearest, (points - new).square().sum(1))
    return chosen


def build_prior(config: PriorConfig, dim: int, labels: int) -> Prior:
    """Build the prior of a model whose corpus has ``labels`` labels (0: none).

    A mixture with as many components as labels is bound to them; with another number it is an
    unsupervised one.

    Raises:
        ConfigError: a mixture with no number of components, or with too many for ``dim``.
    """
    if isinstance(config, GaussianPriorConfig):
        return GaussianPrior(dim)
    if isinstance(config, FittedPriorConfig):
        return FittedMixture(dim, config.components, config.iterations)
    components = config.components or labels
    if not components:
        raise ConfigError(
            "stage_two.prior.components is not set and the corpus has no labels: set it"
        )
    bound = labels if components == labels else 0
    return MixturePrior(dim, components, config.separation, labels=bound)
