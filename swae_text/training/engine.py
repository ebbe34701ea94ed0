"""Devices, precision and processes: the one file that knows Lightning Fabric.

Everything else sees an ``Engine``: it prepares modules and optimisers, tells the ranks apart, and
runs the backward pass. Without a GPU a device is a process (gloo).
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from subprocess import Popen
from typing import Any, TypeVar, cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from swae_text.config import TrainingConfig
from swae_text.errors import TrainingError
from swae_text.nn.kernels import keep_few_kernels

Made = TypeVar("Made")


class Engine:
    """A launched Fabric, with what the loop asks of it.

    Args:
        config: number of devices and precision.
        seed: seeds torch and numpy on every rank, alike, so that all start from equal weights.
        critic: whether a critic is trained beside a model.
    """

    def __init__(self, config: TrainingConfig, seed: int, *, critic: bool = False) -> None:
        keep_few_kernels()
        for name in ("lightning.fabric", "lightning_fabric"):
            logging.getLogger(name).setLevel(logging.WARNING)
        accelerator = "cuda" if torch.cuda.is_available() else "cpu"
        self.precision = config.precision
        if config.precision == "auto":
            self.precision = "bfloat16" if gains_from_bfloat16(accelerator) else "float32"
        plugin = "bf16-mixed" if self.precision == "bfloat16" else "32-true"
        devices, nodes = _processes(config)
        self.fabric = Fabric(
            accelerator=accelerator,
            devices=devices,
            num_nodes=nodes,
            strategy=_strategy(devices * nodes, critic),
            precision=cast(Any, plugin),
        )
        self.fabric.launch()
        self._others = _unwatched(self.fabric) if accelerator == "cpu" else []
        self.fabric.seed_everything(seed, verbose=False)

    @property
    def device(self) -> torch.device:
        """Where this rank computes."""
        return self.fabric.device

    @property
    def rank(self) -> int:
        """Number of this process, from 0."""
        return self.fabric.global_rank

    @property
    def world(self) -> int:
        """Number of processes."""
        return self.fabric.world_size

    @property
    def leads(self) -> bool:
        """True for the one process that evaluates, reports and writes."""
        return self.fabric.is_global_zero

    def prepare(self, module: nn.Module, *optimisers: Optimizer) -> tuple[Any, ...]:
        """Wrap a module (whose ``loss`` may be called from outside) and its optimisers."""
        wrapped, *rest = cast(tuple[Any, ...], self.fabric.setup(module, *optimisers))
        for method in ("loss", "critic_loss"):
            if hasattr(module, method):
                wrapped.mark_forward_method(method)
        return (wrapped, *rest)

    def autocast(self) -> AbstractContextManager[Any]:
        """The precision of the forward pass.

        Fabric enters it for ``forward`` alone, not for the other methods of a module that no
        strategy wraps, so the loop has to.
        """
        return self.fabric.autocast()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within the block all ranks work on one thing.

        Raises:
            TrainingError: another rank ended, and this one cannot go on without it.
        """
        try:
            yield
        except RuntimeError as error:
            lost = isinstance(error, torch.distributed.DistError) or "gloo" in str(error)
            if self.world == 1 or not lost:
                raise
            raise TrainingError(
                f"process {self.rank + 1} of {self.world} has lost another, which was killed or "
                "says why it ended: go on from the last checkpoint with --resume"
            ) from error

    def backward(self, loss: Tensor) -> None:
        """Gradients of this loss, averaged over the ranks where the module is wrapped."""
        self.fabric.backward(loss)

    def barrier(self) -> None:
        """Wait for all ranks."""
        self.fabric.barrier()

    def gather(self, tensors: list[Tensor]) -> list[list[Tensor]]:
        """These tensors of every rank, in the order of the ranks."""
        if self.world == 1:
            return [tensors]
        gathered: list[list[Tensor]] = [[] for _ in range(self.world)]
        torch.distributed.all_gather_object(gathered, tensors)
        return gathered

    def lead_first(self, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, on the first rank before the others: it writes, they only read."""
        made = make() if self.leads else None
        self.barrier()
        return make() if made is None else made

    def mean(self, value: float) -> float:
        """Mean of the ranks' values; not finite where one of them is not."""
        if self.world == 1:
            return value
        return float(cast(Tensor, self.fabric.all_reduce(torch.tensor(value, device=self.device))))

    def agree(self, value: float) -> float:
        """The first rank's value, on all ranks: clocks differ, decisions must not."""
        return float(self.fabric.broadcast(value, src=0))


def _processes(config: TrainingConfig) -> tuple[int, int]:
    """Devices of each machine, and machines; ``torchrun`` has started them already."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return config.devices, config.nodes
    here, all_of_them = (int(os.environ[name]) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    return here, all_of_them // here


def _unwatched(fabric: Fabric) -> list[Popen[bytes]]:
    """The processes that Fabric has started, without the thread that looks at them every 5 s.

    Where one of them has ended it kills this one, which then says nothing. gloo notices sooner,
    and ``Engine.together`` says what to do. (NCCL needs minutes: there the thread stays.)
    """
    launcher = getattr(fabric.strategy, "launcher", None)
    watched: list[Popen[bytes]] = getattr(launcher, "procs", [])
    others = list(watched)
    watched.clear()
    return others


def _strategy(processes: int, critic: bool) -> str:
    """A critic takes no part in the model's loss: then not every weight has a gradient."""
    if processes == 1:
        return "auto"
    return "ddp_find_unused_parameters_true" if critic else "ddp"


def gains_from_bfloat16(accelerator: str = "cpu") -> bool:
    """True where bfloat16 matrix products are at least 1.5 times as fast as float32.

    A CPU is measured (about 20 ms): many only emulate bfloat16, and run it slower.
    """
    if accelerator == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return _seconds(torch.float32) > 1.5 * _seconds(torch.bfloat16)


def _seconds(dtype: torch.dtype) -> float:
    """Best of several timings of one product of the size that training uses."""
    a, b = torch.ones(1024, 256, dtype=dtype), torch.ones(256, 1024, dtype=dtype)
    best = float("inf")
    for _ in range(8):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return best
