"""All that a running server holds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from kinema.errors import KinemaError
from kinema.inference.recognizer import Recognizer
from kinema.machine import processors
from kinema.serving.corrections import Corrections
from kinema.serving.crew import Crew
from kinema.serving.heat import Heater
from kinema.serving.keeping import Keeper
from kinema.serving.keys import Keys
from kinema.serving.library import Library
from kinema.serving.limits import Limits
from kinema.serving.metrics import Metrics
from kinema.serving.notices import Notices
from kinema.serving.problems import ProblemError
from kinema.serving.store import Store
from kinema.serving.training import Trainings
from kinema.timeline.localizer import Localizer

MOST_DECODERS = 4
RETRY_SECONDS = (1, 60)  # least and most that a caller is told to wait


@dataclass(frozen=True)
class Settings:
    """What a server serves and keeps: `source` is what the recogniser is made of, `data` the folder of its files."""

    source: str
    data: Path
    library: Path | None = None
    keys: Path | None = None
    limits: Limits = field(default_factory=Limits)
    decoders: int | None = None


class Service:
    """A server's parts. `start` begins the work, `stop` ends it."""

    def __init__(self, settings: Settings, recognizer: Recognizer) -> None:
        self.settings, self.recognizer, self.limits = settings, recognizer, settings.limits
        data = settings.data.resolve()  # which may be called otherwise, or lie elsewhere, at the next start
        self.uploads = data / "uploads"
        self.uploads.mkdir(parents=True, exist_ok=True)
        self.alone = FileLock(data / "lock", thread_local=False)  # it is released by another thread
        try:
            self.alone.acquire(blocking=False)
        except Timeout:
            raise KinemaError(f"Another server uses the folder {settings.data}; choose one with --data.") from None
        self.library, self.keys = Library(settings.library), Keys(settings.keys)
        self.store = Store(data / "server.sqlite")
        self.metrics, self.notices = Metrics(), Notices()
        self.metrics.queue.set_function(self.store.waiting)
        decoders = settings.decoders or min(processors(), MOST_DECODERS)
        self.localizer = Localizer(recognizer)
        self.crew = Crew(self.localizer, self.store, self.notices, self.limits, self.metrics, self.uploads, decoders)
        self.heater = Heater(self.crew)
        self.corrections = Corrections(self.store)
        self.trainings = Trainings(self.store, self.corrections, recognizer.run, data / "runs")
        self.keeper = Keeper(self.store, self.uploads, self.limits, self.trainings.under_way)
        self.crew.ended = self.keeper.wake.set
        self.coming, self.counting = 0, threading.Lock()

    def start(self) -> None:
        """Take up the work, with what waits from before; uploads that nobody was told of go."""
        for path in self.uploads.iterdir():
            if not self.store.run("UPDATE videos SET path = ? WHERE id = ?", (str(path), path.stem)):
                path.unlink()
        self.store.begin_again()
        self.trainings.begin_again()
        self.crew.start()
        self.keeper.start()
        self.heater.process.start()

    def stop(self) -> None:
        """End in good order."""
        self.trainings.stop()
        self.crew.stop()
        self.keeper.stop()
        self.heater.stop()
        self.store.close()
        self.alone.release()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue while a request is read; ProblemError with status 429 where there is none."""
        with self.counting:
            waiting = self.store.waiting()
            if waiting + self.coming >= self.limits.queue:
                least, most = RETRY_SECONDS
                seconds = min(max(round(waiting / 2 * self.seconds_each()), least), most)  # half of them are done then
                raise ProblemError(429, "queue_full", f"{waiting} jobs wait or run; the queue holds "
                                   f"{self.limits.queue}.", f"Try again in {seconds} s.", {"Retry-After": str(seconds)})
            self.coming += 1
        try:
            yield
        finally:
            with self.counting:
                self.coming -= 1

    def seconds_each(self) -> float:
        """How many seconds pass from one job that is done to the next, of the last ones."""
        rows = self.store.rows("SELECT min(started), max(finished), count(*) FROM (SELECT started, finished FROM jobs "
                               "WHERE state = 'done' ORDER BY number DESC LIMIT 20)")
        began, ended, count = rows[0]
        return (ended - began) / count if count else 1.0
