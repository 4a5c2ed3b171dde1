"""Looking at all videos of an archive, each once, however often the work is broken off."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from kinema.archive.engine import needed
from kinema.archive.facts import begin
from kinema.archive.found import Kept, Looked, Opener, written
from kinema.archive.hands import look_here
from kinema.archive.network import facts_of
from kinema.archive.store import Store
from kinema.archive.tables import FAILURES, WINDOWS, files_of, merge, next_part, save, segments, videos_in
from kinema.errors import KinemaError
from kinema.machine import processors
from kinema.progress import Progress

SAVE_SECONDS = 2.0  # of finished work that a kill may cost
WINDOWS_A_PART = 50_000


@dataclass(frozen=True)
class Workers:
    """What looks at videos: `processes` of this machine, or of the Ray cluster at an address ("local": one here).

    processes: None: one a processor, or one where the network is on a GPU; of a cluster as many as it has GPUs, or
    else processors.
    """

    processes: int | None = None
    ray: str | None = None


@dataclass(frozen=True)
class Summary:
    """How many videos are in an index, how many could not be indexed, and how many were looked at just now."""

    videos: int
    failures: int
    looked_at: int


def index(
    videos: Sequence[str], out: str | Path, opener: Opener, kept: Kept | None = None,
    workers: Workers | None = None, retry: bool = False,
) -> Summary:
    """Look at the videos that are not in the index yet, and put what is found into it.

    A video that cannot be indexed is a row of the failures, which are tried again with `retry`. Killed at any moment,
    the same call goes on: each video is in the index once. KinemaError: the network cannot be opened, the index was
    made by another one, or is being written.
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
        if retry:
            for name in store.names(FAILURES):
                store.delete(name)
        done, failed = videos_in(store, WINDOWS), videos_in(store, FAILURES)
        left = [video for name, video in {written(each): each for each in videos}.items()
                if name not in done and name not in failed]
        with Progress("indexing", len(left)) as bar, closing(looking(left, opener, kept, workers)) as found:
            good, bad = put(store, found, {written(video) for video in left}, bar)
        merge(store)
        if files_of(store, WINDOWS):
            segments(store)
    return Summary(len(done) + good, len(failed) + bad, good + bad)


def looking(videos: Sequence[str], opener: Opener, kept: Kept, workers: Workers) -> Generator[Looked]:
    """What is found in each video, as it comes."""
    if not videos:
        return
    if workers.ray is not None:
        from kinema.archive.on_ray import look_on_ray

        yield from look_on_ray(videos, opener, kept, workers.ray, workers.processes)
    else:
        yield from look_here(videos, opener, kept, workers.processes or 1)


def put(store: Store, found: Iterator[Looked], waiting: set[str], bar: Progress) -> tuple[int, int]:
    """Save what is found every few seconds, and what there is when something goes wrong; how many went well, and not.

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
                bar.say(f"{looked.video}: {looked.reason}")
            bar.advance(1, f"{bad} failed" if bad else "")
            if time.monotonic() - last >= SAVE_SECONDS or sum(len(one.times) for one in held) >= WINDOWS_A_PART:
                save(store, run, number, held)
                held, number, last = [], number + 1, time.monotonic()
    finally:
        if held:
            save(store, run, number, held)
    return good, bad


def alone(store: Store) -> AbstractContextManager:
    """Keep others from writing an index in a folder; at an address nothing does. KinemaError where one is at it."""
    if store.remote is not None:
        return nullcontext()
    Path(store.place).mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{store.place}/.lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        raise KinemaError(f"Another process is writing {store.place}; wait for it, or stop it.") from None
