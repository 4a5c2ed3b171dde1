"""Looking at all videos of an archive, each once, however often the work is broken off."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import Timeout

from kinema.archive.changes import changed, drop, indexed, removed, stamps_of
from kinema.archive.engine import needed
from kinema.archive.facts import FILE, begin
from kinema.archive.found import Kept, Looked, Opener, Patience, written
from kinema.archive.hands import look_here
from kinema.archive.network import facts_of
from kinema.archive.store import Store
from kinema.archive.tables import FAILURES, SEGMENTS, WINDOWS, files_of, merge, next_part, reasons, save, segments, tidy
from kinema.errors import KinemaError
from kinema.machine import processors
from kinema.progress import Progress, one_line

SAVE_SECONDS = 2.0  # of finished work that a kill may cost
WINDOWS_A_PART = 50_000


@dataclass(frozen=True)
class Workers:
    """What looks at videos: `processes` of this machine, or of the Ray cluster at an address ("local": one here).

    processes: None: one a processor, or one where the network is on a GPU; of a cluster as many as it has GPUs, or
    else processors. patience: with each video.
    """

    processes: int | None = None
    ray: str | None = None
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class Summary:
    """How many videos are in an index, and how many were looked at just now.

    asked: of the videos that were asked for, how many are in the index. failed: why others are not. changed: those that
    were others than when they were indexed, and were looked at again. removed: those that are there no more.
    """

    videos: int
    asked: int
    looked_at: int
    failed: dict[str, str]
    changed: list[str]
    removed: list[str]

    @property
    def failures(self) -> int:
        """How many videos could not be indexed."""
        return len(self.failed)


def index(
    videos: Sequence[str], out: str | Path, opener: Opener, kept: Kept | None = None,
    workers: Workers | None = None, retry: bool = False, prune: bool = False,
) -> Summary:
    """Look at the videos that are not in the index yet or have changed, and put what is found into it.

    A video that cannot be indexed is a row of the failures, which are tried again with `retry`. Videos that are there
    no more stay in the index, but with `prune`. Killed at any moment, the same call goes on: each video is in the index
    once. KinemaError: the network cannot be opened, the index was made by another one, or is being written.
    """
    for package in ("duckdb", "pyarrow.parquet"):
        needed(package)
    kept, workers, store = kept or Kept(), workers or Workers(), Store(out)
    recognizer = opener()
    on_cpu = next(recognizer.network.parameters()).device.type == "cpu"
    if workers.processes is None and workers.ray is None and on_cpu:
        workers = replace(workers, processes=processors())
    if not recognizer.labels and not kept.embeddings:
        raise KinemaError(f"{opener.source} has no labels, so there is nothing to keep; give it labels, or keep "
                          "embeddings.")
    facts = facts_of(opener.source, recognizer, kept)
    del recognizer  # its memory is wanted by those that look
    with alone(store):
        begin(store, facts)
        store.tidy(FILE)
        tidy(store)
        if retry:
            for name in store.names(FAILURES):
                store.delete(name)
        named = {written(each): each for each in videos}
        done, failed = indexed(store, WINDOWS), indexed(store, FAILURES)
        now = stamps_of([video for name, video in named.items() if name in done or name in failed])
        others = changed({**done, **failed}, now)
        gone = removed([*done, *(video for video in failed if video not in named)], now)  # others are told as failed
        stale = others.union(gone if prune else ())
        drop(store, stale)
        there = {**indexed(store, WINDOWS), **indexed(store, FAILURES)}
        left = [video for name, video in named.items() if name not in there]
        with Progress("indexing", len(left)) as bar, closing(looking(left, opener, kept, workers)) as found:
            looked_at = put(store, found, {written(video) for video in left}, bar)
        merge(store)
        if stale:
            store.delete(SEGMENTS)  # which, at an address, somebody may have made in between
        if files_of(store, WINDOWS):
            segments(store)
        done = indexed(store, WINDOWS)
        return Summary(len(done), len(done.keys() & named), looked_at, reasons(store), sorted(others), gone)


def looking(videos: Sequence[str], opener: Opener, kept: Kept, workers: Workers) -> Generator[Looked]:
    """What is found in each video, as it comes."""
    if not videos:
        return
    if workers.ray is not None:
        from kinema.archive.on_ray import look_on_ray

        yield from look_on_ray(videos, opener, kept, workers.patience, workers.ray, workers.processes)
    else:
        yield from look_here(videos, opener, kept, workers.patience, workers.processes or 1)


def put(store: Store, found: Iterator[Looked], waiting: set[str], bar: Progress) -> int:
    """Save what is found every few seconds, and what there is when something goes wrong; how many videos that were.

    waiting: the videos that are looked at; what a cluster finds a second time, after a machine was lost, is left out.
    """
    (run, number), last = next_part(store), time.monotonic()
    good = bad = 0
    held: list[Looked] = []
    try:
        for looked in found:
            looked.video, looked.reason = written(looked.video), looked.reason and written(looked.reason)
            if looked.video not in waiting:
                continue
            waiting.remove(looked.video)
            held.append(looked)
            good, bad = good + (looked.reason is None), bad + (looked.reason is not None)
            if looked.reason is not None:
                bar.say(one_line(f"{looked.video}: {looked.reason}"))
            bar.advance(1, f"{bad} failed" if bad else "")
            if time.monotonic() - last >= SAVE_SECONDS or sum(len(one.times) for one in held) >= WINDOWS_A_PART:
                save(store, run, number, held)
                held, number, last = [], number + 1, time.monotonic()
    finally:
        if held:
            save(store, run, number, held)
    return good + bad


def alone(store: Store) -> AbstractContextManager:
    """Keep others from writing an index in a folder; at an address nothing does. KinemaError where one is at it."""
    try:
        return store.lock(".lock", 0)
    except Timeout:
        raise KinemaError(f"Another process is writing {store.place}; wait for it, or stop it.") from None
