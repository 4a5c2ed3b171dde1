"""Alerts sent to an address, in the background: whoever watches never waits for it."""

import json
import time
from collections.abc import Callable
from queue import Full, Queue
from threading import Event, Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from kinema.errors import KinemaError

TIMEOUT_SECONDS = 5.0
WAITS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)  # between tries
ROOM = 1000  # alerts that wait
REFUSED = range(400, 500)  # answers after which asking again is of no use ...
AGAIN = (408, 425, 429)  # ... but for these


class Webhook:
    """POSTs JSON to an address, one event after the other, each until it is taken or has been tried six times.

    told: called in words with what could not be delivered; the event itself stands in the lines all the same.
    """

    def __init__(self, address: str, told: Callable[[str], None]) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise KinemaError(f"--webhook {address}: expected an address such as https://example.org/hook.")
        self.address, self.host, self.told = address, parts.hostname, told
        self.waiting: Queue[dict[str, Any] | None] = Queue(ROOM)
        self.hurry, self.delivered, self.failed = Event(), 0, 0
        self.thread = Thread(target=self.run, name="webhook", daemon=True)
        self.thread.start()

    def __call__(self, event: dict[str, Any]) -> None:
        """Send an event, later."""
        try:
            self.waiting.put_nowait(event)
        except Full:
            self.lose(f"{ROOM} others wait already")

    def run(self) -> None:
        """Send what waits."""
        while (event := self.waiting.get()) is not None:
            problem = self.deliver(event)
            if problem is None:
                self.delivered += 1
            else:
                self.lose(problem)

    def deliver(self, event: dict[str, Any]) -> str | None:
        """Send one event; why it could not be, or None."""
        for wait in (*WAITS_SECONDS, None):
            problem, final = self.post(event)
            if problem is None or final or wait is None or self.hurry.wait(wait):
                return problem
        return None

    def post(self, event: dict[str, Any]) -> tuple[str | None, bool]:
        """Try once: what went wrong, or None, and whether another try is of no use."""
        request = Request(self.address, json.dumps(event).encode(), {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS):
                return None, False
        except HTTPError as error:
            error.close()
            return f"{self.host} answered {error.code}", error.code in REFUSED and error.code not in AGAIN
        except (URLError, OSError, ValueError) as error:
            return f"{self.host}: {getattr(error, 'reason', None) or error}", False

    def lose(self, problem: str) -> None:
        """Tell that an event could not be delivered."""
        self.failed += 1
        self.told(f"The webhook could not be told: {problem}.")

    def close(self, within_seconds: float = TIMEOUT_SECONDS) -> None:
        """Send what waits, without waiting between tries, and give up on the rest after a while."""
        self.hurry.set()
        until = time.monotonic() + within_seconds
        while not self.waiting.empty() and time.monotonic() < until:
            time.sleep(0.01)
        left = self.waiting.qsize()
        if left:
            self.told(f"The webhook was not told of {left} events in time.")
            return
        self.waiting.put(None)
        self.thread.join(max(until - time.monotonic(), 0.1))
