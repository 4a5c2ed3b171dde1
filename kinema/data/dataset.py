"""From a list of clips to batches of tensors.

Axes in names: N clips, C channels, T frames, H rows, W columns, K classes.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from kinema.clock import Clock, current, join, stage
from kinema.data.cache import ClipCache
from kinema.data.clips import ClipRow, ClipTable
from kinema.data.sampling import sample, window
from kinema.errors import DataError, KinemaError, ShorterError, VideoError
from kinema.keyed import keyed_generator
from kinema.models.clip import ClipSpec
from kinema.processes import end_with_parent

QUEUED_BYTES = 1 << 30  # of batches that wait for the network
Key = tuple[int, int]  # epoch and index: with the seed, all that a training clip's random draws depend on
Transform = Callable[[torch.Tensor, torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class ProblemLog:
    """Clips that could not be read, or only in part: a file that all processes add lines to."""

    path: Path

    def add(self, clip: str, problem: str, readable: bool) -> None:
        """Write down what is wrong with a clip; a single small write, so that lines of many processes never mix."""
        line = json.dumps({"path": clip, "problem": problem, "readable": readable}, ensure_ascii=False) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    def read(self) -> list[dict]:
        """Each clip with a problem once, in the order of their paths."""
        if not self.path.exists():
            return []
        lines = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        return [clip for _, clip in sorted({line["path"]: line for line in lines}.items())]


class KeyedClips(Protocol):
    """Training clips as a function of a key; `spec` is the largest of them."""

    @property
    def spec(self) -> ClipSpec: ...

    def __getitem__(self, key: Any) -> tuple[torch.Tensor, torch.Tensor]: ...


@dataclass
class TrainingClips(Dataset):
    """Clips of a list as a function of (seed, epoch, index): `clips[epoch, index]` is (clip_CTHW, target_K).

    Each is drawn from a part of its video, `span` of it to all; a dense one's frames are any number apart from the
    spec's stride to `longest_stride`, where that is more. A clip that cannot be read is written down once and replaced
    by another one, which depends on the same key.
    """

    table: ClipTable
    spec: ClipSpec
    transform: Transform
    cache: ClipCache
    seed: int
    problems: ProblemLog
    span: float = 1.0
    longest_stride: int = 0
    broken: set[int] = field(default_factory=set)
    reported: set[str] = field(default_factory=set)  # partly broken clips that this process has written down

    def __len__(self) -> int:
        return len(self.table.rows)

    def __getitem__(self, key: Key) -> tuple[torch.Tensor, torch.Tensor]:
        epoch, index = key
        for attempt in range(50):
            generator = keyed_generator(self.seed, epoch, index, attempt)
            chosen = index if attempt == 0 else int(torch.randint(len(self), (), generator=generator))
            if chosen not in self.broken:
                try:
                    return self._clip(self.table.rows[chosen], generator)
                except VideoError as error:
                    self.broken.add(chosen)
                    self.problems.add(self.table.rows[chosen].path, str(error), readable=False)
        raise DataError(
            f"50 clips in a row could not be read, the last one {self.table.rows[chosen].path}. "
            f"`kinema data check` lists what is wrong."
        )

    def _clip(self, row: ClipRow, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        state = generator.get_state()
        try:
            return self._drawn(row, generator, whole=False)
        except ShorterError:  # drawn again from the frames that there are: a clip depends on its key alone
            return self._drawn(row, generator.set_state(state), whole=True)

    def _drawn(self, row: ClipRow, generator: torch.Generator, whole: bool) -> tuple[torch.Tensor, torch.Tensor]:
        with stage("open"):
            frames = self.cache.open(self.table.path(row), row, whole=whole)
        first, count = window(len(frames.times_seconds), self.span, generator)
        spec = self.spec
        if self.longest_stride > spec.stride:
            stride = int(torch.randint(spec.stride, self.longest_stride + 1, (), generator=generator))
            spec = replace(spec, stride=stride)
        indices = sample(spec, frames.times_seconds[first : first + count], generator) + first
        with stage("decode"):
            images_THWC = torch.from_numpy(frames.read(indices.tolist()))
        if frames.warnings and row.path not in self.reported:  # a folder's pictures are known once they are read
            self.reported.add(row.path)
            self.problems.add(row.path, "; ".join(frames.warnings), readable=True)
        target_K = torch.zeros(len(self.table.labels))
        target_K[list(row.labels)] = 1
        with stage("transform"):
            return self.transform(images_THWC, target_K, generator)


@dataclass(frozen=True)
class Steps:
    """Which clips belong to which optimiser step, for one of `processes` processes.

    Every epoch is a new order of all clips (or, with `weights`, a weighted draw with replacement), cut into batches;
    the clips that fill no batch wait for another epoch. Iterating gives the batches of steps `first`, first + 1, ...,
    each as `accumulate` lists of (epoch, index): micro-batches, which hold the same clips over all processes together
    whatever their number, so that what is computed over a micro-batch (batch norm) does not depend on it.
    With `repeats` a batch holds so many views of each of fewer clips: all clips, then all again. Each view has an epoch
    of its own in its key, so that no two are alike.
    """

    clips: int
    batch: int
    total: int
    seed: int
    first: int = 0
    accumulate: int = 1
    process: int = 0
    processes: int = 1
    weights: torch.Tensor | None = None
    repeats: int = 1

    @property
    def per_epoch(self) -> int:
        """Optimiser steps an epoch."""
        return max(self.clips // (self.batch // self.repeats), 1)

    def order(self, epoch: int) -> list[int]:
        """The order of the clips in an epoch."""
        generator = keyed_generator(self.seed, "order", epoch)
        if self.weights is not None:
            return torch.multinomial(self.weights, self.clips, replacement=True, generator=generator).tolist()
        return torch.randperm(self.clips, generator=generator).tolist()

    def __len__(self) -> int:
        return (self.total - self.first) * self.accumulate

    def __iter__(self) -> Iterator[list[Key]]:
        part = self.batch // (self.processes * self.accumulate)
        epoch, order, different = -1, [], self.batch // self.repeats
        for step in range(self.first, self.total):
            if step // self.per_epoch != epoch:
                epoch = step // self.per_epoch
                order = self.order(epoch)
            start = step % self.per_epoch * different
            views = range(epoch * self.repeats, (epoch + 1) * self.repeats)
            keys = [(view, order[(start + k) % self.clips]) for view in views for k in range(different)]
            bases = ((k * self.processes + self.process) * part for k in range(self.accumulate))
            yield from (keys[base : base + part] for base in bases)


@dataclass(frozen=True)
class Told(Dataset):
    """The same clips, with what is wrong in the user's words as a value: torch adds a worker's stack to an error."""

    clips: KeyedClips | Dataset

    def __getitem__(self, key: Any) -> Any:
        try:
            return self.clips[key]
        except KinemaError as error:
            return error


class Loader(DataLoader):
    """A loader of `Told` clips that raises what they tell, in the process that asks for batches."""

    def __iter__(self) -> Any:
        for batch in super().__iter__():
            if isinstance(batch, KinemaError):
                raise batch
            yield batch


def collate(clips: list[Any]) -> Any:
    """One batch of clips, or the first error among them."""
    error = next((clip for clip in clips if isinstance(clip, KinemaError)), None)
    with stage("collate"):
        return error or default_collate(clips)


def make_loader(clips: KeyedClips, steps: Steps, workers: int, pin_memory: bool = False) -> DataLoader:
    """Batches (clips_NCTHW, targets_NK) of all of `steps`, made by `workers` processes (0: by this one)."""
    batch_bytes = 4 * prod(clips.spec.shape_CTHW) * (steps.batch // (steps.processes * steps.accumulate))
    return Loader(
        Told(clips),
        batch_sampler=steps,
        num_workers=workers,
        collate_fn=collate,
        pin_memory=pin_memory,
        prefetch_factor=queue_length(workers, batch_bytes) if workers else None,
        worker_init_fn=partial(quiet_worker, timed_by=current()) if workers else None,
    )


def queue_length(workers: int, batch_bytes: int) -> int:
    """How many batches each worker makes ahead: up to 4, fewer where all would take more memory than QUEUED_BYTES."""
    return max(min(QUEUED_BYTES // (workers * batch_bytes), 4), 1)


def quiet_worker(_: int, timed_by: Clock | None = None) -> None:
    """Set up a loader's process: one thread; to stop, on Ctrl-C or a cluster's word, is the main process's business."""
    import signal

    join(timed_by)
    end_with_parent()  # PyTorch's own watch misses a main process that dies while its loaders start
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)
