"""How jobs are getting on, told to those who wait for them."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Notices:
    """How far each open job is (0 to 1), and who is to be woken when that changes. Thread-safe, but for `listening`."""

    def __init__(self) -> None:
        self.lock, self.over = threading.Lock(), False
        self.progress: dict[str, float] = {}
        self.listeners: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)

    def tell(self, job: str, progress: float | None) -> None:
        """Say how far a job is; None: it has ended."""
        with self.lock:
            if progress is None:
                self.progress.pop(job, None)
            else:
                self.progress[job] = progress
            woken = [*self.listeners.get(job, ())]
        for loop, event in woken:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """Send everybody who waits away: the server ends."""
        self.over = True
        with self.lock:
            waiting = [each for told in self.listeners.values() for each in told]
        for loop, event in waiting:
            loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listening(self, job: str) -> Iterator[asyncio.Event]:
        """In an event loop: an event that is set at each change."""
        one = (asyncio.get_running_loop(), asyncio.Event())
        with self.lock:
            self.listeners[job].add(one)
        try:
            yield one[1]
        finally:
            with self.lock:
                self.listeners[job].discard(one)
                if not self.listeners[job]:
                    del self.listeners[job]
