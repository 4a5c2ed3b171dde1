"""Where the time of a training goes: its code says at which stage it is, and a clock, where one runs, adds up.

There is one pipeline, timed or not: `kinema profile --pipeline` runs it with a clock.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import Array
from typing import Any

READING = {
    "open": "open, and find out what frames there are",
    "decode": "decode",
    "keep": "keep in the cache",
    "shrink": "resize to the size at which clips are kept",
    "flow": "optical flow",
    "transform": "cut and augment",
    "collate": "collate",
}
LOOP = {"wait": "wait for clips", "forward": "forward", "backward": "backward", "optimizer": "optimizer",
        "save": "judge and save"}
STAGES = (*READING, *LOOP)
running: "Clock | None" = None  # in this process


class Clock:
    """Seconds of each stage, over this process and those that read clips for it.

    A stage within another one counts for itself, and not for the outer one. cuda: wait for the GPU at the end of each
    stage of the loop, so that its work counts where it was asked for.
    """

    def __init__(self, cuda: bool = False) -> None:
        self.cuda = cuda
        self.seconds: Any = Array("d", len(STAGES))
        self.counts: Any = Array("q", len(STAGES))
        self.marks: list[tuple[float, dict[str, float]]] = []  # before each batch: the time, and what had been added up
        self.inner: list[float] = []  # of each stage that this process is in, the seconds of those within it

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what its `with` takes to a stage."""
        self.inner.append(0.0)
        started = time.perf_counter()
        try:
            yield
        finally:
            if self.cuda and name in LOOP:
                import torch

                torch.cuda.synchronize()
            taken, number = time.perf_counter() - started, STAGES.index(name)
            own = taken - self.inner.pop()
            if self.inner:
                self.inner[-1] += taken
            with self.seconds.get_lock():
                self.seconds[number] += own
                self.counts[number] += 1

    def mark(self) -> None:
        """Note what has been added up so far."""
        self.marks.append((time.perf_counter(), dict(zip(STAGES, self.seconds[:], strict=True))))

    def milliseconds(self, name: str) -> float:
        """How long a stage took in all."""
        return float(1000 * self.seconds[STAGES.index(name)])

    def times(self, name: str) -> int:
        """How often a stage was gone through."""
        return int(self.counts[STAGES.index(name)])


@contextmanager
def run(clock: Clock) -> Iterator[None]:
    """Let a clock run in this process, and in those that `stage` tells of it."""
    join(clock)
    try:
        yield
    finally:
        join(None)


def join(clock: Clock | None) -> None:
    """Let a clock that was started elsewhere run in this process, or none."""
    global running
    running = clock
    if clock is not None:
        clock.inner = []


def current() -> Clock | None:
    """The clock that runs in this process."""
    return running


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Say that its `with` is a stage of training."""
    if running is None:
        yield
    else:
        with running.stage(name):
            yield


def awaited(batches: Iterable[Any]) -> Iterator[Any]:
    """The batches, which the loop waits for."""
    iterator = iter(batches)
    while True:
        if running is not None:
            running.mark()
        with stage("wait"):
            batch = next(iterator, None)
        if batch is None:
            return
        yield batch
