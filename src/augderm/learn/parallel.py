"""One process or several: what a training step shares with others under `torchrun`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from augderm.domain.errors import AugDermError, InvalidConfig

Value = TypeVar("Value")

PATIENCE = timedelta(hours=24)
"""How long a process waits for another: one may be decoding a large dataset."""

RENDEZVOUS = ("RANK", "MASTER_ADDR", "MASTER_PORT")
"""Variables by which processes find each other, beside WORLD_SIZE."""


def threads_of_process() -> int:
    """Threads for the arithmetic of this process: the first number in OMP_NUM_THREADS, which may list one for
    each level of nesting; as many as there are cores where it gives none.
    """
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) else os.cpu_count() or 1


class Workers:
    """The place of a process among all that train one network.

    Attributes:
        rank: from 0; `leads` is true for 0, which alone writes and speaks.
        count: processes in all.
        first_here: whether it is the first of its machine, which fills a cache for the others there.
        device: the GPU of this process, or the CPU.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank, self.count = rank, count
        self.first_here = os.environ.get("LOCAL_RANK", "0") == "0"
        if torch.cuda.is_available():
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(self.device)
        else:
            self.device = torch.device("cpu")

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, network: nn.Module) -> nn.Module:
        """The network, wrapped so that gradients are averaged over all processes."""
        if self.count == 1:
            return network
        return nn.parallel.DistributedDataParallel(network)

    def part(self, batch: Tensor) -> Tensor:
        """The part of a batch of indices that is for this process."""
        return batch[self.rank :: self.count]

    def send(self, images: Tensor) -> Tensor:
        return images.to(self.device, non_blocking=True)

    def precision(self) -> Any:
        """bfloat16 for what bears it, on a GPU that has it; else full precision."""
        if self.device.type == "cuda" and torch.cuda.is_bf16_supported():
            return torch.autocast("cuda", torch.bfloat16)
        return nullcontext()

    def agree(self, value: Value) -> Value:
        """The leader's value, in every process: its disk may be another machine's."""
        if self.count == 1:
            return value
        values = [value if self.leads else None]
        distributed.broadcast_object_list(values, src=0)
        return values[0]  # type: ignore[return-value]

    @contextmanager
    def together(self) -> Iterator[None]:
        """A part of the work, of each process or of one for all: nobody is further until all have done it.

        Where one fails the others would else wait for it, and die of its end with a trace that buries what it
        has to say. All say it, since torchrun ends the others at the first that ends.

        Raises:
            AugDermError: as the part did, in the first process that failed; with its message in the others.
        """
        mine: AugDermError | None = None
        try:
            yield
        except AugDermError as error:
            mine = error
        said = [None if mine is None else str(mine)]
        if self.count > 1:
            said *= self.count
            distributed.all_gather_object(said, said[self.rank])
        first = next((rank for rank, message in enumerate(said) if message is not None), None)
        if first is None:
            return
        if mine and first == self.rank:
            raise mine
        raise AugDermError(
            f"process {self.rank + 1} of {self.count} ends too, since process {first + 1} says: {said[first]}"
        )


def _processes() -> int:
    """How many `torchrun` started."""
    told = os.environ.get("WORLD_SIZE", "1")
    if told == "1":
        return 1
    if not told.isdecimal() or int(told) == 0:
        raise InvalidConfig(f"WORLD_SIZE is {told!r}; it must be a number of processes: unset it")
    if missing := [name for name in RENDEZVOUS if name not in os.environ]:
        raise InvalidConfig(
            f"WORLD_SIZE is {told}, but {', '.join(missing)} is not set: start with torchrun, which sets "
            "them all, or unset WORLD_SIZE"
        )
    return int(told)


@contextmanager
def join_workers(images: int) -> Iterator[Workers]:
    """Join the processes that `torchrun` started, or be alone where it did not.

    Args:
        images: of one step, of all processes together.

    Raises:
        InvalidConfig: the batch cannot be shared out evenly, or the environment is only half of torchrun's.
    """
    count = _processes()
    if count == 1:
        yield Workers()
        return
    if images % count:
        raise InvalidConfig(
            f"batch_size gives {images} images a step, processes are {count}; give a multiple, so that "
            "each has its part"
        )
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)
    try:
        yield Workers(distributed.get_rank(), count)
    finally:
        distributed.destroy_process_group()
