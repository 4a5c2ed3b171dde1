"""What a request brings: forms, JSON, too much of either, and what never comes."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from socket import create_connection

import httpx
import pytest

from tests.serving.conftest import Served
from tests.serving.test_jobs import error_of


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "body", "status", "code"), [
    ("multipart/form-data; boundary=x", b"--x\r\nnothing", 400, "broken_form"),
    ("multipart/form-data", b"", 415, "not_a_form"), ("text/plain", b"hello", 415, "not_a_form"),
    ("multipart/form-data; boundary=x", b"--x--\r\n", 422, "no_video"),
    ("application/json", b"[1]", 422, "not_fields"), ("application/json", b"{", 422, "not_fields"),
    ("application/json", b"{}", 422, "no_video"),
    ("application/json", b'{"library": "\\ud800.mp4"}', 422, "not_fields"),
    (f"multipart/form-data; boundary={'x' * 300}", b"--x", 400, "broken_form"),
    ("application/json", b"[" * 4000, 422, "not_fields"), ("application/json", b" " * 5000, 413, "too_large"),
])
def test_bodies_that_are_none(served: Served, kind: str, body: bytes, status: int, code: str) -> None:
    error_of(served.client.post("/v1/recognize", content=body, headers={"Content-Type": kind}), status, code)


def test_bodies_of_other_requests(served: Served) -> None:
    half = b'{"video": "\\ud800", "start_seconds": 0, "end_seconds": 1, "label": "x"}'  # half a character
    for path in ("/v1/explain", "/v1/corrections"):
        error_of(served.client.post(path, content=half, headers={"Content-Type": "application/json"}), 422, "invalid")
        error_of(served.client.post(path, content=bytes(1 << 17), headers={"Content-Type": "application/json"}), 413,
                 "too_large")


def test_an_upload_that_cannot_be_written_down_leaves_nothing(
    served: Served, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    before = sorted(served.service.uploads.iterdir())
    monkeypatch.setattr(served.service.store, "add_upload", full)
    error_of(served.upload(film), 507, "disk")
    assert sorted(served.service.uploads.iterdir()) == before


@pytest.mark.slow
def test_a_body_that_does_not_come_keeps_no_place_in_the_queue(served: Served, film: Path) -> None:
    service, host = served.service, httpx.URL(served.url)
    before, service.limits = service.limits, replace(service.limits, idle_seconds=0.2)
    try:
        for kind, first in (("application/json", "{"), ("multipart/form-data; boundary=x", "-")):
            with create_connection((host.host, host.port or 80), timeout=30) as caller:
                caller.sendall(f"POST /v1/recognize HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
                               f"Content-Length: 9\r\n\r\n{first}".encode())
                while not service.coming:
                    time.sleep(0.01)
                while service.coming:
                    time.sleep(0.01)
    finally:
        service.limits = before
    assert served.upload(film, wait=30).status_code == 200


def test_a_file_in_another_field_is_told_where_it_belongs(served: Served, film: Path) -> None:
    before = sorted(served.service.uploads.iterdir())
    answer = served.client.post("/v1/recognize", files={"file": ("a.mp4", film.read_bytes())})
    error = error_of(answer, 422, "wrong_field")
    assert "field 'file'; it is expected as 'video'" in error["message"]
    error = error_of(served.client.post("/v1/recognize", files={"video": (None, "a.mp4")}), 422, "no_video")
    assert "is text, not a file" in error["message"]
    assert sorted(served.service.uploads.iterdir()) == before


def test_ranges_of_a_file_and_those_that_it_does_not_have(served: Served, film: Path) -> None:
    place = f"/v1/videos/{served.upload(film, wait=30).json()['video']}"
    part = served.client.get(place, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, film.read_bytes()[4:8])
    beyond = served.client.get(place, headers={"Range": "bytes=900000000-"})
    error_of(beyond, 416, "range")
    assert beyond.headers["content-range"] == f"bytes */{film.stat().st_size}"
    error_of(served.client.get(place, headers={"Range": "lines=1-2"}), 400, "range")
