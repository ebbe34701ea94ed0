"""The region that a model knows: how far out does a latent lie among the draws of the prior?

    typicality(z) = F(z) = P(p(z') < p(z)),  z' ~ p

The share of the prior's draws that are less likely than z, by ranks among ``DRAWS`` of them, so any
prior with a density will do. Of N(0, I) in d dimensions p tells the length alone, and
F(z) = P(χ²_d > |z|²). It is uniform in [0, 1] for draws.

Both ends are rare, and they mean different things, so F is given and not the two-sided
2 · min(F, 1 - F), which follows from it and forgets the side. The draws of a Gaussian in many
dimensions lie in a thin shell; what is nearer to zero, like the middle of a straight line, is
likelier than all of them and still not typical (Nalisnick et al., 2019, "Detecting out-of-
distribution inputs to deep generative models using typicality"). But nearer to zero is not unknown
to these models: the commonest sentences lie there and come back best, and what is decoded gets
shorter, plainer and more fluent on the way in, as it gets longer and stranger on the way out.

    near 0   farther out than draws: the model has learned nothing there
    near 1   nearer to a centre than draws: short and common sentences, middles of straight lines

It is one number, not a proof: the usual length in an unheard-of direction passes. A stochastic
encoder (VAE) gives means, which lie nearer to zero than draws do.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swae_text.models.priors import Prior

DRAWS = 10_000
"""Draws that a latent is compared with: shares are told to 1 in 10,000."""


@dataclass(frozen=True, eq=False)
class Region:
    """A prior, and how likely its own draws are under it."""

    prior: Prior
    drawn: Float[Tensor, " draws"]
    """Log densities in nats, the least likely first."""

    @classmethod
    def of(cls, prior: Prior, draws: int = DRAWS, seed: int = 0) -> "Region":
        """Draw from the prior, the same for the same seed."""
        drawn = prior.sample(draws, generator=torch.Generator().manual_seed(seed))
        return cls(prior, prior.log_prob(drawn).sort().values)

    def typicality(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """Share of the draws, in [0, 1], that are less likely than z; ties count half."""
        density = self.prior.log_prob(z)
        below = torch.searchsorted(self.drawn, density)
        up_to = torch.searchsorted(self.drawn, density, right=True)
        return (below + up_to) / (2 * len(self.drawn))
