"""What settings, options, folders and methods choose by name."""

from typing import Literal, TypeAlias

SpaceName: TypeAlias = Literal["latent", "code"]
"""Vectors of stage two, or of stage one."""
JudgeName: TypeAlias = Literal["likelihood", "slor"]
"""By what the best of several sentences is chosen (``generation/marginal.py``)."""
PrecisionName: TypeAlias = Literal["float32", "bfloat16", "int8"]
"""Of the weights of a model that is used, not trained."""
