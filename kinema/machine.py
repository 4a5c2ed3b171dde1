"""Where networks run: nothing here decides what is learnt, only how fast."""

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from kinema.data.cache import ClipCache, default_folder
from kinema.errors import KinemaError, nearest
from kinema.models.clip import ClipSpec
from kinema.models.kernels.build import library

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # glibc's numbers
KINDS = ("cpu", "cuda", "mps", "gpu")


@dataclass(frozen=True)
class Machine:
    """Devices, processes and memory for a run.

    accelerator: "auto", "cpu", "cuda", "mps". devices: processes on this machine, one a device. nodes: machines.
    workers: processes that read clips, for each device; None: one a processor, at most 8. cache_gigabytes: how much
    of the disk decoded clips may take; 0 is off. cache_folder: where they are kept; None: in the user's cache.
    save_every: steps between checkpoints; None: once an epoch. channels_last: the layout of clips in memory; None: on a
    CPU where kinema's kernels can be had, which want it (see `kinema/models/kernels`; without them torch sums batch
    statistics and their gradients a hundred times less exactly in it). gradient_checkpointing: keep only what goes into
    each block and compute the rest again for its gradient: less memory, about a third more time, the same weights.
    """

    accelerator: str = "auto"
    devices: int | str = 1
    nodes: int = 1
    workers: int | None = None
    cache_gigabytes: float = 4.0
    cache_folder: Path | None = None
    save_every: int | None = None
    channels_last: bool | None = None
    compile: bool = False
    gradient_checkpointing: bool = False

    def __post_init__(self) -> None:
        if self.compile and self.gradient_checkpointing:
            raise KinemaError("A compiled network decides itself what it keeps: give compile or "
                              "gradient_checkpointing, not both.")

    def started(self) -> tuple[int | str, int]:
        """How many processes train on each machine, and on how many machines: as told, or as torchrun has started."""
        if "LOCAL_WORLD_SIZE" in os.environ and self.devices == 1:
            here = int(os.environ["LOCAL_WORLD_SIZE"])
            return here, int(os.environ["WORLD_SIZE"]) // here
        return self.devices, self.nodes

    @property
    def several(self) -> bool:
        """Do several processes train?"""
        devices, nodes = self.started()
        return nodes > 1 or str(devices) not in ("1", "auto")

    @property
    def lays_channels_last(self) -> bool:
        """Are clips laid out channels-last?"""
        return self.has_kernels if self.channels_last is None else self.channels_last

    @property
    def has_kernels(self) -> bool:
        """Can a network be trained by kinema's own kernels here?"""
        return not self.compile and self.device().type == "cpu" and library() is not None

    def reading_processes(self) -> int:
        """How many processes read clips, for each device."""
        if self.workers is not None:
            return self.workers
        return min(processors(), 8)

    def cache(self, clip: ClipSpec) -> ClipCache:
        """The cache of decoded clips, kept as large as `clip` needs them."""
        return ClipCache(self.cache_folder or default_folder(), clip, int(self.cache_gigabytes * 2**30))

    def device(self) -> torch.device:
        """The device that answers: the accelerator, or the best there is; KinemaError where it is not there."""
        there = ["cpu"]
        if torch.backends.mps.is_available():
            there.insert(0, "mps")
        if torch.cuda.is_available():
            there = ["cuda", *(f"cuda:{number}" for number in range(torch.cuda.device_count())), *there]
        name = self.accelerator
        if name == "auto" or (name == "gpu" and there[0] != "cpu"):
            return torch.device(there[0])
        if name not in there:
            hint = "" if name.partition(":")[0] in KINDS else nearest(name, KINDS)
            raise KinemaError(f"There is no device {name!r} here; there is {', '.join(there)}.{hint}")
        return torch.device(name)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Let this process keep what it frees, for its next step or clip, where the C library is glibc.

    It would else give each large tensor back to the system and have the next one's pages zeroed; a small network's
    training step on a CPU takes 0.8 to 0.9 of the time without that (`benchmarks/training_speed.py`), and an answer of
    x3d_s or i3d-resnet50 by PyTorch 0.8.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, -1)
