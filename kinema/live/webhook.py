"""Alerts sent to an address, in the background: whoever watches never waits for it."""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from kinema.errors import KinemaError, counted

TIMEOUT_SECONDS = 5.0
WAITS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)  # between tries
ROOM = 1000  # alerts that wait
REFUSED = range(300, 500)  # answers after which asking again is of no use ...
AGAIN = (408, 425, 429)  # ... but for these


class Stay(HTTPRedirectHandler):
    """Follows no redirection: a POST would arrive there as a GET, without its event."""

    def redirect_request(self, *_: Any) -> None:
        """None: there is no other request."""


class Webhook:
    """POSTs JSON to an address, one event after the other, each until it is taken or has been tried six times.

    A user and password in the address are sent as HTTP's basic authentication. told: called in words with what could
    not be delivered; the event itself stands in the lines all the same.
    """

    def __init__(self, address: str, told: Callable[[str], None]) -> None:
        self.address, self.host, self.headers = checked(address)
        self.told, self.opener = told, build_opener(Stay)
        self.waiting: Queue[dict[str, Any] | None] = Queue(ROOM)
        self.hurry, self.delivered, self.failed, self.asked = Event(), 0, 0, 0
        self.thread = Thread(target=self.run, name="webhook", daemon=True)
        self.thread.start()

    def __call__(self, event: dict[str, Any]) -> None:
        """Send an event, later."""
        self.asked += 1
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
            last = wait is None or self.hurry.is_set()
            problem, final = self.post(event)
            if problem is None or final or last:
                return problem
            self.hurry.wait(wait)
        return None

    def post(self, event: dict[str, Any]) -> tuple[str | None, bool]:
        """Try once: what went wrong, or None, and whether another try is of no use."""
        try:
            request = Request(self.address, json.dumps(event).encode(), self.headers)
            with self.opener.open(request, timeout=TIMEOUT_SECONDS):
                return None, False
        except HTTPError as error:
            error.close()
            moved = error.headers.get("Location") if error.code < 400 else None
            return (f"{self.host} answered {error.code}{f' (ask {moved} instead)' if moved else ''}",
                    error.code in REFUSED and error.code not in AGAIN)
        except Exception as error:  # whatever a server sends, the thread goes on
            return f"{self.host}: {getattr(error, 'reason', None) or error or type(error).__name__}", False

    def lose(self, problem: str) -> None:
        """Tell that an event could not be delivered."""
        self.failed += 1
        self.told(f"The webhook could not be told: {problem}.")

    def close(self, within_seconds: float = TIMEOUT_SECONDS) -> None:
        """Try what waits once more, at once, and give up on the rest after a while."""
        self.hurry.set()
        until = time.monotonic() + within_seconds
        while not self.waiting.empty() and time.monotonic() < until:
            time.sleep(0.01)
        with suppress(Full):
            self.waiting.put_nowait(None)
        self.thread.join(max(until - time.monotonic(), 0.1))
        left = self.asked - self.delivered - self.failed
        if left:
            self.told(f"The webhook was not told of {counted(left, 'event')} in time.")


def checked(address: str) -> tuple[str, str, dict[str, str]]:
    """An address without its user, its host, and the headers of what is sent there; KinemaError if it is none."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1:
            raise ValueError
    except ValueError:
        raise KinemaError(f"--webhook {address}: expected an address such as https://example.org/hook.") from None
    headers = {"Content-Type": "application/json"}
    if parts.username is not None:
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(secret.encode()).decode()}"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), parts.hostname, headers
