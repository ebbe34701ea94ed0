"""The one training loop: both stages go through it.

    for batch in epoch:  loss → backward → clip → step;  critic, if there is one
    now and then:        look at the validation split, write a checkpoint

Everything random comes from the run's seed and is part of the checkpoint, so a run that was
stopped goes on to the same weights (on a CPU in float32, bit for bit).
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from swae_text.config import AdversarialConfig, BudgetConfig
from swae_text.errors import CheckpointError, ModelFolderError, TrainingError
from swae_text.training.checkpoint import Checkpoints
from swae_text.training.collapse import describe
from swae_text.training.engine import Engine
from swae_text.training.events import (
    Evaluated,
    Note,
    Report,
    Saved,
    StageDone,
    StageStarted,
    StepDone,
)
from swae_text.training.interruption import stop_requests
from swae_text.training.optimiser import build_optimiser
from swae_text.training.schedule import rate, set_rate
from swae_text.training.tracking import MetricsLog


@dataclass(frozen=True)
class StepLoss:
    """What a stage says of one batch.

    Attributes:
        total: what is minimised.
        parts: numbers worth showing, by name.
        z: what meets the prior, for the critic.
        prior_z: the prior samples it was compared with.
    """

    total: Tensor
    parts: dict[str, Tensor]
    z: Tensor
    prior_z: Tensor


@runtime_checkable
class Stage(Protocol):
    """What the loop needs to know of a stage.

    ``module`` has ``model_parameters``, ``critic_parameters`` and ``critic_loss``.
    """

    name: str
    module: Any
    budget: Any
    regulariser: Any

    def epoch(self, epoch: int, start: int, rank: int, world: int) -> list[np.ndarray]:
        """Batches of row numbers for one rank, the same for equal arguments.

        The first ``start``, of the order that all ranks share, are left out.
        """

    def loss(
        self, module: nn.Module, rows: np.ndarray, generator: torch.Generator, progress: float
    ) -> StepLoss:
        """Loss of the sentences in these rows."""

    def evaluate(self) -> dict[str, float]:
        """Numbers on the validation split."""


class Loop:
    """Trains one stage until its budget is spent."""

    def __init__(
        self,
        stage: Stage,
        engine: Engine,
        checkpoints: Checkpoints,
        log: MetricsLog,
        report: Report,
        seed: int,
    ) -> None:
        self.stage, self.engine, self.checkpoints = stage, engine, checkpoints
        self.log, self.report, self.seed = log, report, seed
        self.budget: BudgetConfig = stage.budget
        self.generator = torch.Generator(engine.device).manual_seed(seed + engine.rank)
        optimiser = build_optimiser(stage.module, stage.budget.optimiser)
        self.module, *self.optimisers = engine.prepare(stage.module, optimiser, *_critics(stage))
        self.step, self.seconds = 0, 0.0
        # Of this epoch: batches that other numbers of ranks have seen, then this rank's.
        self.epoch, self.start, self.place = 0, 0, 0

    def run(self) -> int:
        """Train from where the newest checkpoint stands, or from the start.

        Returns:
            Steps that this took: 0 where the budget was spent already.

        Raises:
            KeyboardInterrupt: a signal came; the checkpoint of the last whole step is written.
            CheckpointError: none is whole or fits these settings, or one cannot be written.
            TrainingError: a loss, its gradient or a weight is not finite.
        """
        self._resume()
        budget, name, before = self.budget, self.stage.name, self.step
        self.report(StageStarted(name, budget.steps, budget.minutes, self.step))
        with stop_requests() as stop:
            self._train(stop)
        self.report(StageDone(name, self.step, self.seconds))
        return self.step - before

    def progress(self) -> float:
        """Share of the budget that is spent, in [0, 1]: the nearer of its two limits."""
        if not self.budget.steps:
            return 1.0
        minutes = self.budget.minutes
        spent = self.seconds / 60 / minutes if minutes else 0.0
        return min(1.0, self.engine.agree(max(self.step / self.budget.steps, spent)))

    def _train(self, stop: Callable[[], bool]) -> None:
        if self.progress() >= 1:
            return
        started, before = time.perf_counter(), self.seconds
        sentences, since = 0, started
        for rows in self._batches():
            parts = self._one_step(rows, self.progress())
            self.step += 1
            now = time.perf_counter()
            self.seconds, sentences = before + now - started, sentences + len(rows)
            progress = self.progress()
            ends, look = progress >= 1, self.step % self.budget.evaluate_every == 0
            if self.step % 10 == 0 or ends:
                self._tell(parts, progress, self.engine.world * sentences / (now - since))
                sentences, since = 0, now
            if look or ends:
                self._look(parts)
            self.seconds = before + time.perf_counter() - started
            stops = bool(self.engine.agree(float(stop())))
            if self.step % self.budget.checkpoint_every == 0 or ends or stops:
                self._save()
            if stops:
                raise KeyboardInterrupt
            if ends:
                return

    def _batches(self) -> Iterator[np.ndarray]:
        """Batches from the place where the run stands, epoch after epoch."""
        while True:
            rank, world = self.engine.rank, self.engine.world
            batches = self.stage.epoch(self.epoch, self.start, rank, world)
            if not batches and not self.start:
                raise TrainingError(
                    "not one batch of sentences to train on: use a larger corpus, fewer devices "
                    "or a smaller batch"
                )
            for rows in batches[self.place :]:
                self.place += 1
                yield rows
            self.epoch, self.start, self.place = self.epoch + 1, 0, 0

    def _one_step(self, rows: np.ndarray, progress: float) -> dict[str, float]:
        config, (optimiser, *critics) = self.stage.budget.optimiser, self.optimisers
        self.module.train()
        set_rate(optimiser, rate(config, self.step, progress))
        with self.engine.autocast():
            loss = self.stage.loss(self.module, rows, self.generator, progress)
        optimiser.zero_grad()
        self.engine.backward(loss.total)
        norm = nn.utils.clip_grad_norm_(list(self.stage.module.model_parameters()), config.clip)
        parts = {name: float(part.detach()) for name, part in loss.parts.items()}
        self._check("loss", float(loss.total.detach()))
        self._check("gradient", float(norm))
        optimiser.step()
        for critic in critics:
            critic.zero_grad()
            critic_loss = self.module.critic_loss(loss.z.detach(), loss.prior_z)
            self.engine.backward(critic_loss)
            critic.step()
            parts["critic"] = float(critic_loss.detach())
            self._check("critic's loss", parts["critic"])
        return parts

    def _check(self, what: str, value: float) -> None:
        """Refuse a number that is not finite on any rank.

        It would come again from a checkpoint of this very step, so such a one is removed.
        """
        if math.isfinite(self.engine.mean(value)):
            return
        if self.engine.leads:
            self.checkpoints.discard(self.step)
        self._diverged(what)

    def _diverged(self, what: str) -> NoReturn:
        raise TrainingError(
            f"stage {self.stage.name}, step {self.step}: the {what} is not finite; what "
            "checkpoints there are from before are kept. Lower the learning rate "
            f"(training.stage_{self.stage.name}.optimiser.learning_rate) and --resume"
        )

    def _tell(self, parts: dict[str, float], progress: float, speed: float) -> None:
        steps = self.budget.steps
        if self.engine.leads:
            self.report(
                StepDone(self.stage.name, self.step, steps, self.seconds, progress, parts, speed)
            )

    def _look(self, parts: dict[str, float]) -> None:
        """Evaluate on the first rank; the others wait."""
        if self.engine.leads:
            self.stage.module.eval()
            try:
                metrics = self.stage.evaluate()
            except ModelFolderError:  # a space refuses to give vectors that are no numbers
                self._diverged("code")
            row = {"loss_" + name: value for name, value in parts.items()} | metrics
            self.log.write(stage=self.stage.name, step=self.step, seconds=self.seconds, **row)
            self.report(Evaluated(self.stage.name, self.step, self.seconds, metrics))
            if collapse := describe(metrics):
                self.report(Note(collapse))
        self.engine.barrier()

    def _save(self) -> None:
        if not all(bool(weight.isfinite().all()) for weight in self.stage.module.parameters()):
            self._diverged("model")
        state = {
            "module": self.stage.module.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "epoch": self.epoch,
            "start": self.start,
            "place": self.place,
            "seconds": self.seconds,
            "random": self.engine.gather([self.generator.get_state(), torch.get_rng_state()]),
            "world": self.engine.world,
        }
        if self.engine.leads:
            self.report(Saved(self.checkpoints.save(self.step, state)))
        self.engine.barrier()

    def _resume(self) -> None:
        state = self.checkpoints.newest(self.report)
        if state is not None:
            self.checkpoints.same_basis(state)
            try:
                self._restore(state)
            except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
                raise CheckpointError(
                    f"{self.checkpoints.folder}: the newest checkpoint of stage {self.stage.name} "
                    "does not fit these settings: go on with the old ones, or train the stage "
                    "again (--stage two) or all (--overwrite)"
                ) from error
        if self.engine.leads:
            self.log.forget_after(self.stage.name, self.step)

    def _restore(self, state: dict[str, Any]) -> None:
        """Stand where this state was saved, with the settings of now."""
        self.stage.module.load_state_dict(state["module"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            settings = optimiser.state_dict()["param_groups"]  # a new learning rate counts
            optimiser.load_state_dict(saved | {"param_groups": settings})
        self.step, self.epoch, self.seconds = state["step"], state["epoch"], state["seconds"]
        self.start, self.place = state.get("start", 0), state["place"]
        if state["world"] == self.engine.world:
            mine, torchs = state["random"][self.engine.rank]
            self.generator.set_state(mine)
            torch.set_rng_state(torchs)
            return
        self.start, self.place = self.start + self.place * state["world"], 0
        seed = int(np.random.default_rng([self.seed, self.step, self.engine.rank]).integers(2**62))
        self.generator.manual_seed(seed)
        torch.manual_seed(seed)
        self.report(Note(f"was on {state['world']} devices: goes on with {self.engine.world}"))


def _critics(stage: Stage) -> list[Optimizer]:
    """Adam with β₁ = 0.5 (Radford et al., 2016) for the critic, where there is one."""
    if not isinstance(stage.regulariser, AdversarialConfig):
        return []
    rate = stage.regulariser.learning_rate
    return [Adam(list(stage.module.critic_parameters()), lr=rate, betas=(0.5, 0.999))]
