"""Training a referee, a small model that judges texts, through the one loop.

A referee is trained on the texts it is given but a small share, which chooses among the looks at
it: never on what it will score. It cannot be resumed; it is small enough to be trained again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from swae_text.config import NoneConfig, TrainingConfig
from swae_text.corpora.batching import batches
from swae_text.errors import TrainingError
from swae_text.referees.settings import RefereeBudget, RefereeConfig
from swae_text.training.checkpoint import Checkpoints
from swae_text.training.engine import Engine
from swae_text.training.events import Report, silent
from swae_text.training.loop import Loop, StepLoss
from swae_text.training.tracking import MetricsLog

_SCORING_TOKENS = 8192  # a batch when nothing is trained: no less fast, and it fits any memory


class RefereeStage(ABC):
    """A referee as the loop sees it; it remembers the weights of the best look.

    Args:
        name: of the stage, in events and in the log.
        module: what is trained.
        lengths: tokens of each training text.
        config: budget and optimiser.
        seed: of the order of the batches.

    Attributes:
        passes: how often a training text will have been read.
    """

    regulariser = NoneConfig()

    def __init__(
        self,
        name: str,
        module: Any,
        lengths: NDArray[np.int32],
        config: RefereeConfig,
        seed: int,
    ) -> None:
        self.name, self.module, self.lengths, self.seed = name, module, lengths, seed
        self.batch_tokens = max(config.batch_tokens, int(lengths.max(initial=1)))
        an_epoch = len(self.epoch(0, 0, 0, 1))
        self.budget = _budget(config, an_epoch)
        self.passes = self.budget.steps / an_epoch
        self.best, self.best_loss = dict[str, Tensor](), float("inf")

    @abstractmethod
    def nats(self, module: Any, rows: np.ndarray) -> Tensor:
        """Mean loss of these training texts."""

    @abstractmethod
    def held_out_nats(self) -> float:
        """Mean loss of the texts held out."""

    def epoch(self, epoch: int, start: int, rank: int, world: int) -> list[np.ndarray]:
        """Batches of similar length within the token budget."""
        return batches(
            self.lengths,
            budget=self.batch_tokens,
            seed=self.seed,
            epoch=epoch,
            start=start,
            rank=rank,
            world=world,
        )

    def loss(
        self,
        module: nn.Module,
        rows: np.ndarray,
        generator: torch.Generator,
        progress: float,
    ) -> StepLoss:
        """Loss of these texts; dropout draws from torch's own generator, which the engine seeds."""
        nats = self.nats(module, rows)
        nothing = torch.empty(0, 0)
        return StepLoss(nats, {"nats": nats}, nothing, nothing)

    @torch.inference_mode()
    def evaluate(self) -> dict[str, float]:
        """Loss of the texts held out; keeps the weights where it is lower than before."""
        loss = self.held_out_nats()
        if loss < self.best_loss:
            self.best_loss = loss
            weights = cast(Mapping[str, Tensor], self.module.state_dict())
            self.best = {name: weight.clone() for name, weight in weights.items()}
        return {"held_out_nats": loss}


class Split(NamedTuple):
    """Row numbers of the texts that train a referee, and of those that choose it."""

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]


def split(texts: int, config: RefereeConfig, seed: int) -> Split:
    """Hold out a share of the texts by seed.

    Raises:
        TrainingError: there are fewer than two texts.
    """
    if texts < 2:
        raise TrainingError(f"{texts} texts are too few to train a referee: give at least two")
    order = np.random.default_rng([seed, texts]).permutation(texts)
    size = min(max(1, round(config.held_out * texts)), config.most_held_out, texts - 1)
    return Split(np.sort(order[size:]), np.sort(order[:size]))


def start_engine(config: RefereeConfig, seed: int) -> Engine:
    """One device at the referee's precision. Seeds torch: make the module after it."""
    return Engine(TrainingConfig(devices=1, precision=config.precision), seed)


def train_stage(
    stage: RefereeStage, engine: Engine, folder: Path, report: Report | None, seed: int
) -> None:
    """Train until the budget is spent, and leave the weights of the best look in the module."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "metrics.jsonl"
    log.unlink(missing_ok=True)
    checkpoints = Checkpoints(folder, stage.name, keep=1)
    checkpoints.clear()
    try:
        Loop(stage, engine, checkpoints, MetricsLog(log), report or silent, seed).run()
    finally:
        checkpoints.clear()
    stage.module.load_state_dict(stage.best)
    stage.module.eval()


def in_batches(
    lengths: NDArray[np.int32],
    score: Callable[[NDArray[np.int64]], Tensor],
    shape: tuple[int, ...] = (),
) -> NDArray[np.float64]:
    """Scores of all texts in their own order, computed in batches of similar length.

    Args:
        lengths: tokens of each text.
        score: rows to one score each, of ``shape``.
        shape: of one score.
    """
    scores = np.zeros((len(lengths), *shape))
    budget = max(_SCORING_TOKENS, int(lengths.max(initial=1)))
    if len(lengths):
        for rows in batches(lengths, budget=budget, seed=0, epoch=0):
            scores[rows] = score(rows).double().cpu().numpy()
    return scores


def _budget(config: RefereeConfig, batches_an_epoch: int) -> RefereeBudget:
    wanted = ceil(config.epochs * batches_an_epoch)
    steps = max(1, min(config.most_steps, max(config.least_steps, wanted)))
    look = ceil(steps / config.looks)
    return RefereeBudget(
        steps=steps, evaluate_every=look, checkpoint_every=steps, optimiser=config.optimiser
    )
