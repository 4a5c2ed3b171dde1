"""How long things are kept: the oldest uploads go when there are too many; what was found in them, when asked to."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kinema.serving.limits import Limits
from kinema.serving.store import OPEN, Store

DAY_SECONDS = 86_400.0
SHARE = 0.05  # of the time that may be spent with it: nobody else uses the database meanwhile
LOOK_SECONDS = 600.0  # after which uploads are looked through again, where nothing was asked meanwhile


class Keeper:
    """Lets the oldest uploads go, beyond `limits.keep_bytes` and after `limits.keep_days`, and jobs after
    `limits.forget_days`.

    A video that holds a correction, or about which a job is to be done, is never let go, and none while `busy`: a
    training reads them.
    """

    def __init__(self, store: Store, uploads: Path, limits: Limits, busy: Callable[[], bool]) -> None:
        self.store, self.uploads, self.limits, self.busy = store, uploads, limits, busy
        self.wake, self.over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.work, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """End."""
        self.over.set()
        self.wake.set()
        self.thread.join(10)

    def work(self) -> None:
        """Look through the uploads after each job, and now and then."""
        while not self.over.is_set():
            began = time.monotonic()
            self.tidy()
            with suppress(sqlite3.OperationalError):  # a full disk, on which uploads must still be let go
                self.forget()
            self.over.wait((time.monotonic() - began) / SHARE)
            self.wake.wait(LOOK_SECONDS)
            self.wake.clear()

    def forget(self) -> int:
        """Let go the jobs that ended long ago, and the videos about which nothing is left; return how many jobs."""
        if self.limits.forget_days is None:
            return 0
        with self.store.lock:
            if self.busy():
                return 0
            jobs = self.store.run(
                "DELETE FROM jobs WHERE state NOT IN (?, ?) AND finished < ? "
                "AND video NOT IN (SELECT video FROM corrections)",
                (*OPEN, time.time() - DAY_SECONDS * self.limits.forget_days))
            left = self.store.rows("SELECT id, path FROM videos WHERE id NOT IN (SELECT video FROM jobs) "
                                   "AND id NOT IN (SELECT video FROM corrections)")
            for identity, path in ((row["id"], Path(row["path"])) for row in left):
                with suppress(OSError):
                    if path.parent == self.uploads:  # the library is not the server's
                        path.unlink(missing_ok=True)
                    self.store.run("DELETE FROM videos WHERE id = ?", (identity,))
            return jobs

    def tidy(self) -> int:
        """Let go what is to go; return how many videos."""
        with self.store.lock:  # nobody asks about one meanwhile
            if self.busy():
                return 0
            rows = self.store.rows(
                "SELECT v.path, max(v.created, coalesce(max(j.created), 0)) AS used, "
                "EXISTS (SELECT 1 FROM corrections c WHERE c.video = v.id) OR coalesce(max(j.state IN (?, ?)), 0) "
                "AS needed FROM videos v LEFT JOIN jobs j ON j.video = v.id GROUP BY v.id ORDER BY used", OPEN)
            there = [(Path(row["path"]), row["used"], row["needed"]) for row in rows
                     if Path(row["path"]).parent == self.uploads]
            sizes = {path: path.stat().st_size for path, _, _ in there if path.is_file()}
            total, gone = sum(sizes.values()), 0
            for path, used, needed in there:
                days = (time.time() - used) / DAY_SECONDS
                old = self.limits.keep_days is not None and days > self.limits.keep_days
                if path in sizes and not needed and (old or total > self.limits.keep_bytes):
                    with suppress(OSError):
                        path.unlink()
                        total, gone = total - sizes[path], gone + 1
            return gone
