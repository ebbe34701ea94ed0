"""AdamW (Loshchilov and Hutter, 2019) with weight decay on matrices only."""

from typing import Any

from torch.optim import AdamW, Optimizer

from swae_text.config import OptimiserConfig


def build_optimiser(module: Any, config: OptimiserConfig) -> Optimizer:
    """Optimiser of everything but a critic (``module.model_parameters()``).

    Each group remembers its peak learning rate as ``initial_lr``.
    """
    matrices, vectors = [], []
    for parameter in module.model_parameters():
        (matrices if parameter.ndim >= 2 else vectors).append(parameter)
    rate, decay = config.learning_rate, config.weight_decay
    groups = [
        {"params": matrices, "weight_decay": decay, "initial_lr": rate},
        {"params": vectors, "weight_decay": 0.0, "initial_lr": rate},
    ]
    return AdamW(groups, lr=rate, betas=(0.9, config.beta2), fused=True)
