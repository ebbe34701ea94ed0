"""AdamW (Loshchilov and Hutter, 2019) with weight decay on matrices only."""

from typing import Any

from torch.optim import AdamW, Optimizer

from swae_text.config import OptimiserConfig


def build_optimiser(module: Any, config: OptimiserConfig) -> Optimizer:
    """Optimiser of everything but a critic (``module.model_parameters()``).

    Each group remembers its peak learning rate as ``initial_lr``.
    """
    weights, rate = list(module.model_parameters()), config.learning_rate
    groups: list[dict[str, Any]] = [
        {"params": [w for w in weights if w.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [w for w in weights if w.ndim < 2], "weight_decay": 0.0},
    ]
    for group in groups:
        group["initial_lr"] = rate
    return AdamW(groups, lr=rate, betas=(0.9, config.beta2), fused=True)
