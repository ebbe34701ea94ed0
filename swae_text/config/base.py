"""What every group of settings is: strict and frozen."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0.0, lt=1.0)]
Size = Annotated[int, Field(gt=0, le=1 << 14)]
"""Numbers side by side. These limits are above what is of use; they hold in what strangers ask."""
Dim = Annotated[int, Field(gt=0, le=1 << 12)]
"""Numbers in a code or in a latent."""
Depth = Annotated[int, Field(gt=0, le=64)]
"""Things that happen one after another."""


class Strict(BaseModel):
    """A group of settings: unknown keys are refused, and nothing changes after it is read."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
