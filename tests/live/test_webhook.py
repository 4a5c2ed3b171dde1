"""Alerts are sent to a real server on this machine, which may be slow, or answer with errors."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from kinema.errors import KinemaError
from kinema.live import webhook
from kinema.live.webhook import Webhook


class Hook(ThreadingHTTPServer):
    """Takes events; answers with `codes` first, then with 204; `slow_seconds` passes before each answer."""

    daemon_threads = True

    def __init__(self, codes: list[int], slow_seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.codes, self.slow_seconds = codes, slow_seconds
        self.events: list[dict[str, Any]] = []
        self.users: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class Handler(BaseHTTPRequestHandler):
    """Takes one event."""

    server: Hook

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.slow_seconds)
        code = self.server.codes.pop(0) if self.server.codes else 204
        self.server.users.append(self.headers["Authorization"])
        if code == 204:
            self.server.events.append(json.loads(body))
        self.send_response(code)
        if code == 301:
            self.send_header("Location", "https://example.org/new")
        self.end_headers()


@contextmanager
def hooked(*codes: int, slow_seconds: float = 0.0) -> Iterator[Hook]:
    """A server that runs."""
    with Hook([*codes], slow_seconds) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WAITS_SECONDS", (0.01, 0.02))


@pytest.mark.slow
def test_events_arrive_in_order_and_nobody_waits_for_them() -> None:
    told: list[str] = []
    with hooked(slow_seconds=0.05) as server:
        hook, start = Webhook(server.url, told.append), time.monotonic()
        for number in range(10):
            hook({"number": number})
        assert time.monotonic() - start < 0.3
        hook.close()
    assert [event["number"] for event in server.events] == [*range(10)]
    assert (hook.delivered, hook.failed, told) == (10, 0, [])


def test_a_server_that_stumbles_is_asked_again() -> None:
    told: list[str] = []
    with hooked(503, 429) as server:
        hook = Webhook(server.url, told.append)
        hook({"number": 1})
        while not hook.delivered:
            time.sleep(0.01)
        hook.close()
    assert server.events == [{"number": 1}]
    assert told == []


def test_what_cannot_be_delivered_is_told_and_the_next_one_is_sent() -> None:
    told: list[str] = []
    with hooked(500, 500, 500, 404) as server:
        hook = Webhook(server.url, told.append)
        for number in range(3):
            hook({"number": number})
        while hook.delivered + hook.failed < 3:
            time.sleep(0.01)
        hook.close()
    assert server.events == [{"number": 2}]
    assert told == ["The webhook could not be told: 127.0.0.1 answered 500.",
                    "The webhook could not be told: 127.0.0.1 answered 404."]


def test_nobody_there_is_told_in_words(free_port: int) -> None:
    told: list[str] = []
    hook = Webhook(f"http://127.0.0.1:{free_port}/hook?token=secret", told.append)
    hook({"number": 1})
    while not told:
        time.sleep(0.01)
    hook.close()
    assert "Connection refused" in told[0]
    assert "secret" not in told[0]


def test_a_server_that_hangs_is_left_in_the_end() -> None:
    told: list[str] = []
    with hooked(slow_seconds=1.0) as server:
        hook, start = Webhook(server.url, told.append), time.monotonic()
        for number in range(5):
            hook({"number": number})
        hook.close(within_seconds=0.2)
        assert time.monotonic() - start < 0.9
    assert "was not told of 5 events" in told[0]


def test_an_address_that_moved_is_told_since_a_post_cannot_follow() -> None:
    told: list[str] = []
    with hooked(301) as server:
        hook = Webhook(server.url, told.append)
        hook({"number": 1})
        hook.close()
    assert (hook.delivered, server.events) == (0, [])
    assert "answered 301 (ask https://example.org/new instead)" in told[0]


def test_a_server_that_speaks_no_http_does_not_silence_the_next_alert() -> None:
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer() -> None:
            with suppress(OSError):
                while True:
                    with server.accept()[0] as one:
                        one.recv(10_000)
                        one.sendall(b"\x15\x03\x01 no HTTP\r\n\r\n")

        Thread(target=answer, daemon=True).start()
        hook = Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/", told.append)
        for number in range(2):
            hook({"number": number})
        hook.close()
    assert (hook.failed, len(told)) == (2, 2)


def test_what_waits_for_another_try_gets_it_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WAITS_SECONDS", (60.0,))
    with hooked(503) as server:
        hook = Webhook(server.url, print)
        hook({"number": 1})
        while server.codes:
            time.sleep(0.01)
        hook.close()
    assert (hook.delivered, server.events) == (1, [{"number": 1}])


def test_a_user_in_the_address_is_sent_as_one() -> None:
    with hooked() as server:
        hook = Webhook(server.url.replace("//", "//me:s%20t@"), print)
        hook({"number": 1})
        hook.close()
    assert server.events == [{"number": 1}]
    assert server.users == ["Basic bWU6cyB0"]


@pytest.mark.parametrize("address", ["example.org/hook", "ftp://example.org", "http://", "http://[::1", "http://a:b/"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(KinemaError, match="expected an address"):
        Webhook(address, print)
