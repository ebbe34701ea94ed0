"""What a decoder remembers between two tokens: tensors whose first axis is the batch.

That one rule lets generation drop finished rows, or follow the best ones, without knowing the
decoder: ``[part[rows] for part in state]``.
"""

from typing import TypeAlias

from torch import Tensor

DecoderState: TypeAlias = list[Tensor]
