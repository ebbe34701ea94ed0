"""Learning rate over a run: warm-up, flat, and a linear fall to zero ("trapezoid").

    lr(step, progress) = peak · min(1, (step + 1) / warmup) · min(1, (1 - progress) / cooldown)

Flat in the middle, so that a run can be prolonged from any checkpoint (Hägele et al., 2024).
"""

from torch.optim import Optimizer

from swae_text.config import OptimiserConfig


def rate(config: OptimiserConfig, step: int, progress: float) -> float:
    """Factor of the peak learning rate, in [0, 1].

    Args:
        config: warm-up steps and share of the cool-down.
        step: optimiser steps done.
        progress: share of the budget that is spent, in [0, 1].
    """
    rising = min(1.0, (step + 1) / config.warmup) if config.warmup else 1.0
    falling = min(1.0, (1.0 - progress) / config.cooldown) if config.cooldown else 1.0
    return rising * falling


def set_rate(optimiser: Optimizer, factor: float) -> None:
    """Give every group its own peak (``initial_lr``) times ``factor``."""
    for group in optimiser.param_groups:
        group["lr"] = group["initial_lr"] * factor
