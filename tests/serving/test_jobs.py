"""Asking the network over HTTP: the same answers as without it, and an error in words for all that is wrong."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from kinema import Localizer, Recognizer
from kinema.data.synthetic.encode import write_mp4
from kinema.serving import routes_jobs
from kinema.serving.store import CANCELLED, QUEUED, RUNNING
from kinema.timeline.written import to_dict
from tests.serving.conftest import Served


def error_of(answer: Any, status: int, code: str) -> dict[str, str]:
    """The error of an answer, which has words for people."""
    assert answer.status_code == status, answer.text
    error: dict[str, str] = answer.json()["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")
    return error


def test_the_answer_is_the_recognisers(served: Served, film: Path, run: Path) -> None:
    answer = served.upload(film, "recognize", wait=30, top=3)
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    expected = Recognizer(run, device="cpu")(film)
    assert [(one["label"], one["score"]) for one in result["top"]] == [
        (label, pytest.approx(score, abs=1e-4)) for label, score in expected.top[:3]]
    assert [(one["start_seconds"], one["end_seconds"]) for one in result["windows"]] == [
        (pytest.approx(start, abs=1e-3), pytest.approx(end, abs=1e-3)) for start, end, _ in expected.windows]
    assert len(result["windows"]) > 2
    assert "segments" not in result
    assert result["duration_seconds"] == pytest.approx(4)


@pytest.mark.parametrize("threshold", [None, 0.02])
def test_a_timeline_is_that_of_the_command(served: Served, film: Path, run: Path, threshold: float | None) -> None:
    chosen = {} if threshold is None else {"threshold": threshold}
    result = served.upload(film, wait=30, **chosen).json()["result"]
    expected = Localizer(run, device="cpu", threshold=threshold)(film)
    facts = to_dict(expected)
    assert result["segments"] == facts["segments"]
    assert threshold is None or len(result["segments"]) > 1
    kept = [expected.labels.index(label) for label in result["labels"]]
    assert result["thresholds"] == [facts["thresholds"][k] for k in kept]
    assert [one["scores"] for one in result["windows"]] == [
        [row[k] for k in kept] for row in facts["windows"]["scores"]]
    assert [one["start_seconds"] for one in result["windows"]] == pytest.approx(
        facts["windows"]["start_seconds"], abs=1e-3)
    assert result["method"] == served.client.get("/v1/models").json()["models"][0]["timelines"]
    assert result["top"][0]["score"] == pytest.approx(Recognizer(run, device="cpu")(film).top[0][1], abs=0.2)


def test_a_job_is_followed_by_events_to_its_end(served: Served, film: Path) -> None:
    accepted = served.upload(film, wait=0, threshold=1e-6)
    assert accepted.status_code in (200, 202)
    path = accepted.headers["location"]
    with served.client.stream("GET", f"{path}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in events.iter_lines() if line]
    assert lines[-2] == "event: end"
    job = json.loads(lines[-1].removeprefix("data: "))
    assert (job["state"], job["progress"], job["name"]) == ("done", 1.0, "square.mp4")
    assert job["result"]["segments"][0]["start_seconds"] == 0
    assert job["result"]["segments"][-1]["end_seconds"] == pytest.approx(4)
    assert job == served.client.get(path).json()


def test_a_file_of_the_library_by_name(served: Served, tmp_path: Path) -> None:
    assert served.client.get("/v1/library").json() == ["square.mp4"]
    asked = {"library": "square.mp4"}
    done = [served.client.post("/v1/recognize?wait=30", json=asked).json(),
            served.client.post("/v1/recognize?wait=30", files={"library": (None, "square.mp4")}).json()]
    assert [one["state"] for one in done] == ["done", "done"]
    assert done[0]["video"] == done[1]["video"]
    for name in ("../runs/tiny/run.json", "/etc/passwd", "square", "a" * 400 + ".mp4", "square.mp4/x.mp4", "\0"):
        error_of(served.client.post("/v1/recognize", json={"library": name}), 404, "not_found")


def test_a_text_that_is_named_a_video(served: Served, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video at all, whatever its name says\n" * 40)
    error = error_of(served.upload(text, wait=30), 422, "unreadable")
    assert "text.mp4" in error["message"]
    assert str(served.service.uploads) not in error["message"]
    assert served.client.get(f"/v1/jobs/{error['job']}").json()["error"]["code"] == "unreadable"
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    listed = error_of(served.upload(tmp_path / "list.mp4", wait=30), 422, "unreadable")
    assert "a list of other files" in listed["message"]
    assert not [path for path in served.service.uploads.iterdir() if b"no video" in path.read_bytes()]


def test_the_same_content_twice_is_one_video(served: Served, film: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(film.read_bytes())
    first, second = served.upload(film, wait=30).json(), served.upload(other, wait=30).json()
    assert first["video"] == second["video"]
    assert second["name"] == "other.mp4"
    assert first["result"] == second["result"]
    video = served.service.store.video(first["video"])
    assert video is not None
    before = video.path.stat().st_ino
    served.upload(film, wait=30)
    assert video.path.stat().st_ino == before  # a decoder that reads it is not disturbed


def test_a_video_that_is_too_long(served: Served, tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    write_mp4(long, np.zeros((210, 32, 32, 3), np.uint8), 10.0)
    error = error_of(served.upload(long, wait=30), 422, "too_long")
    assert "20 s" in error["message"]
    assert "--max-seconds" in error["hint"]


def test_what_is_too_large_is_refused_before_and_while_it_comes(served: Served, tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    large.write_bytes(bytes(3 << 20))
    before = sorted(served.service.uploads.iterdir())
    error = error_of(served.upload(large), 413, "too_large")
    assert "2 MB" in error["message"]
    head = b'--x\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'
    pieces = (piece for piece in [head, *[bytes(1 << 16)] * 48])  # of no declared length
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    error_of(served.client.post("/v1/recognize", content=pieces, headers=headers), 413, "too_large")
    assert sorted(served.service.uploads.iterdir()) == before


@pytest.mark.parametrize(("name", "shown"), [
    ("../../etc/v.mp4", "v.mp4"), ("C:\\clips\\v.mp4", "v.mp4"), ("ünïcødé 🎬.mp4", "ünïcødé 🎬.mp4"), ("", "video"),
    ("'; DROP TABLE jobs;--.mp4", "'; DROP TABLE jobs;--.mp4"), ("a" * 900 + ".mp4", "a" * 196 + ".mp4"),
])
def test_names_are_shown_and_nothing_else(served: Served, film: Path, name: str, shown: str) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="video"; filename="{name}"\r\n\r\n'.encode()
    answer = served.client.post("/v1/recognize?wait=30", content=head + film.read_bytes() + b"\r\n--x--\r\n",
                                headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.json()["state"], answer.json()["name"]) == ("done", shown)
    video = served.service.store.video(answer.json()["video"])
    assert video is not None
    assert video.path.parent == served.service.uploads


def test_one_video_at_a_time(served: Served, film: Path) -> None:
    two = [("video", (name, film.read_bytes())) for name in ("a.mp4", "b.mp4")]
    before = sorted(served.service.uploads.iterdir())
    error_of(served.client.post("/v1/recognize", files=two), 422, "two_videos")
    assert sorted(served.service.uploads.iterdir()) == before


def test_other_requests_that_cannot_be_answered(served: Served) -> None:
    client = served.client
    error_of(client.get("/v1/jobs/none"), 404, "not_found")
    error_of(client.get("/v1/jobs/none/events"), 404, "not_found")
    error_of(client.get("/nowhere"), 404, "not_found")
    error_of(client.put("/v1/jobs"), 405, "method")
    error_of(client.post("/v1/recognize?wait=-1", json={}), 422, "invalid")
    error_of(client.post("/v1/recognize?wait=nan", json={}), 422, "invalid")
    for origin in ("http://elsewhere", "http://[", "null"):
        error_of(client.post("/v1/trainings", json={}, headers={"Origin": origin}), 403, "other_page")
    error_of(client.post("/v1/explain", json={}, headers={"Origin": "https://a.b"}), 403, "other_page")
    for more in ({"X-Forwarded-Host": "a.b"}, {"Sec-Fetch-Site": "same-origin"}):  # behind a proxy
        error_of(client.post("/v1/explain", json={}, headers={"Origin": "https://a.b", **more}), 422, "invalid")


@pytest.mark.slow
def test_a_full_queue_says_when_to_come_back_and_cancelled_jobs_make_room(served: Served, film: Path) -> None:
    store = served.service.store
    video = store.add_video("square.mp4", film, 1)
    with served.service.crew.wake:  # nobody takes a job meanwhile
        jobs = [store.add_job("timeline", video.id, {"top": 1, "threshold": 0.5}).id for _ in range(8)]
        assert served.client.get("/healthz").json()["queue"] == 8
        full = served.upload(film, wait=0)
        error_of(full, 429, "queue_full")
        assert 1 <= int(full.headers["retry-after"]) <= 60
        for job in jobs:
            assert served.client.delete(f"/v1/jobs/{job}").json()["state"] == "cancelled"
        assert served.client.delete(f"/v1/jobs/{jobs[0]}").status_code == 200  # twice is the same
    done = served.upload(film, wait=30)
    assert done.json()["state"] == "done"
    error_of(served.client.delete(f"/v1/jobs/{done.json()['id']}"), 409, "ended")


def test_a_job_that_ends_while_it_is_looked_at_is_not_waited_for(
    served: Served, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = served.service

    def late(service: Any, identity: str) -> Any:
        job = service.store.get(identity)
        if service.store.finish(identity, CANCELLED):
            service.notices.tell(identity, None)
        return job

    monkeypatch.setattr(routes_jobs, "job_named", late)
    with service.crew.wake:  # nobody takes it meanwhile
        job = service.store.add_job("timeline", service.store.add_video("square.mp4", film, 1).id, {"top": 1})
        began = time.monotonic()
        ended = asyncio.run(routes_jobs.ended(service, job, 20.0))
    assert ended.state == CANCELLED
    assert time.monotonic() - began < 5


@pytest.mark.slow
def test_a_decoder_that_is_killed_is_one_failed_job(served: Served, film: Path) -> None:
    (decoding,) = served.service.crew.processes
    served.upload(film, wait=30)
    decoding.process.kill()
    decoding.process.wait()
    assert served.upload(film, wait=30).json()["state"] == "done"  # it was idle, and is started again
    os.kill(decoding.process.pid, signal.SIGSTOP)
    job = served.upload(film, wait=0).json()["id"]
    while served.service.store.get(job).state == QUEUED:
        time.sleep(0.01)
    assert served.service.store.get(job).state == RUNNING
    decoding.process.kill()
    answer = served.client.get(f"/v1/jobs/{job}/events").text
    error = json.loads(answer.split("data: ")[-1])["error"]
    assert error["code"] == "decoder_died"
    assert "signal 9" in error["message"]
    assert served.upload(film, wait=30).json()["state"] == "done"


def test_measures_health_and_the_description(served: Served, film: Path) -> None:
    served.upload(film, wait=30)
    text = served.client.get("/metrics").text
    assert 'kinema_jobs_total{state="done"}' in text
    assert 'path="/v1/timeline"' in text
    described = served.client.get("/openapi.json").json()
    for path in ("/v1/recognize", "/v1/timeline", "/v1/jobs/{identity}", "/v1/models", "/healthz", "/metrics"):
        for operation in described["paths"][path].values():
            assert operation.get("description") or operation.get("summary")
    assert "429" in described["paths"]["/v1/timeline"]["post"]["responses"]
    (model,) = served.client.get("/v1/models").json()["models"]
    assert model["name"] == "tam-resnet_tiny"


def test_a_video_is_given_back_by_the_range(served: Served, film: Path) -> None:
    video = served.upload(film, wait=30).json()["video"]
    part = served.client.get(f"/v1/videos/{video}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, film.read_bytes()[4:8])
    assert httpx.get(f"{served.url}/v1/videos/none").status_code == 404
