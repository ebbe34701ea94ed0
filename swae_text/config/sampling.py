"""How sentences are drawn from a model: ``z ~ prior → ĉ → x̂``."""

from typing import Annotated, Any

from pydantic import Field, NonNegativeFloat, PositiveFloat

from swae_text.config.base import Strict
from swae_text.names import JudgeName


class SamplingConfig(Strict):
    """What ``sample`` does unless it is told otherwise; to be chosen on validation sentences.

    It is a model's own, as no setting is best for all: the more noise a decoder has learned from,
    the more it bears here.
    """

    temperature: NonNegativeFloat = 0.0
    """Of the decoder; 0 is greedy, 1 draws from its own distribution."""
    min_p: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Draw only pieces with this share of the likeliest one's probability; 0: all."""
    deviation: PositiveFloat = 1.0
    """Multiplies the prior's own: below 1 plainer and shorter sentences, above 1 more varied."""
    noise_level: NonNegativeFloat = 0.0
    """Code noise that the decoder is told of, by the length of the code; 0: none."""
    guidance: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 1.0
    """How far the decoder trusts the code (γ of ``generation/guidance.py``; needs
    ``model.code_dropout``): below 1 plainer English, above 1 closer to the code."""
    noise: NonNegativeFloat = 0.0
    """Standard deviation of noise put on the codes before they are decoded (needs
    ``model.normalise``, by which it is measured)."""
    search: Annotated[int, Field(ge=1, le=64)] = 1
    """Prefixes that a beam search keeps for each sentence; 1: it is drawn. A search draws nothing:
    temperature and min-p say nothing then, and sentences for one code differ by the noise."""
    best_of: Annotated[int, Field(ge=1, le=64)] = 1
    """Sentences written for each code, of which the best is taken (``marginal.py``). Without noise
    or a temperature they are all the same, and one is written."""
    best_by: JudgeName = "likelihood"
    """The best is the likeliest a word, which reads well and is common, or the one with the highest
    ``slor``, which does not hold rare words against it (needs a ``unigram`` tokenizer)."""
    rounds: Annotated[int, Field(ge=0, le=64)] = 0
    """Times that each sentence is encoded, put under that noise and decoded again: ``chain.py``."""

    def but(self, **chosen: Any) -> "SamplingConfig":
        """These with some of them changed.

        Raises:
            ValidationError: one is unknown, or out of its range.
        """
        return SamplingConfig.model_validate({**self.model_dump(), **chosen})
