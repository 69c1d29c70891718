"""Several processes that train one network, started by ``torchrun``; alone, everything here does nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist

from kinemacolor.models.devices import device_of


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """This process among those of a run. The first (rank 0) writes and evaluates."""

    device: torch.device
    rank: int = 0
    processes: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """Whether the flag is up in any process; all must ask."""
        if self.processes == 1:
            return flag
        flags = torch.tensor([float(flag)], device=self.device)
        dist.all_reduce(flags, dist.ReduceOp.MAX)
        return bool(flags.item())

    def mean(self, values: list[float]) -> list[float]:
        """Each value's mean over the processes; all must ask."""
        if self.processes == 1:
            return values
        summed = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(summed)
        return [value / self.processes for value in summed.tolist()]


@contextmanager
def process_group(device: str | torch.device = "auto") -> Iterator[ProcessGroup]:
    """This process's place, from the variables that ``torchrun`` sets. ``auto`` is a GPU where there is one.

    Raises ``ModelError`` where the device cannot be used.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    place = _device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if processes == 1:
        yield ProcessGroup(place)
        return
    dist.init_process_group("nccl" if place.type == "cuda" else "gloo")
    try:
        yield ProcessGroup(place, dist.get_rank(), processes)
        dist.barrier()  # no process closes its connections while another still uses them
    finally:
        dist.destroy_process_group()


def _device(wanted: str | torch.device, local_rank: int) -> torch.device:
    place = device_of(wanted)
    return device_of(f"cuda:{local_rank}") if place.type == "cuda" and place.index is None else place
