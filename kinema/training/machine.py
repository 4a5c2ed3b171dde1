"""Where a training runs: nothing here decides what is learnt, only how fast."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """Devices, processes and memory for a run.

    accelerator: "auto", "cpu", "cuda", "mps". devices: processes on this machine, one a device. nodes: machines.
    workers: processes that read clips, for each device; None: one a processor, at most 8. cache_gigabytes: how much
    of the disk decoded clips may take; 0 is off. save_every: steps between checkpoints; None: once an epoch.
    channels_last: the layout of clips in memory; on a CPU small networks train a fifth faster with it, but torch then
    sums batch statistics and their gradients a hundred times less exactly.
    """

    accelerator: str = "auto"
    devices: int | str = 1
    nodes: int = 1
    workers: int | None = None
    cache_gigabytes: float = 4.0
    save_every: int | None = None
    channels_last: bool = False
    compile: bool = False

    def reading_processes(self) -> int:
        """How many processes read clips, for each device."""
        return (
            min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)
            if self.workers is None
            else self.workers
        )
