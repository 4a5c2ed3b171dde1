"""What was accepted is done once, whatever happens to the server; and who may ask."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from kinema.errors import KinemaError
from kinema.serving.migrations import STEPS, migrate
from kinema.serving.store import ATTEMPTS, FAILED, Store
from tests.serving.conftest import Served, serving

Start = Callable[..., tuple[Any, str]]


@pytest.mark.slow
def test_every_accepted_job_is_done_once_though_the_server_is_killed(
    start_server: Start, film: Path, tmp_path: Path
) -> None:
    process, url = start_server("--queue", "100")
    accepted = []
    for number in range(12):
        other = film.read_bytes() + b"free" * number  # twelve files of different content
        answer = httpx.post(f"{url}/v1/timeline?wait=0", files={"video": (f"{number}.mp4", other)})
        accepted.append(answer.json()["id"])
        if number == 5:  # some are done, one is under way, others wait
            while httpx.get(f"{url}/v1/jobs/{accepted[1]}").json()["state"] != "done":
                time.sleep(0.02)
            for child in children(process.pid):  # what comes after this waits
                os.kill(child, signal.SIGSTOP)
    before = [httpx.get(f"{url}/v1/jobs/{job}").json() for job in accepted]
    left = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for child in left:
        os.kill(child, signal.SIGKILL)
    done = [job for job in before if job["state"] == "done"]
    assert 2 <= len(done) <= 6
    assert "running" in {job["state"] for job in before}
    process, url = start_server()
    after = [follow(url, job) for job in accepted]
    assert {job["state"] for job in after} == {"done"}
    for old, new in zip(before, after, strict=True):
        assert old["state"] != "done" or old == new  # what was done is not done again
    assert len({str(job["result"]) for job in after}) == 1
    database = sqlite3.connect(tmp_path / "data" / "server.sqlite")
    assert database.execute("SELECT count(*), max(attempts) FROM jobs").fetchone()[0] == len(accepted)


@pytest.mark.slow
def test_a_training_goes_on_though_the_server_is_killed(start_server: Start, film: Path, tmp_path: Path) -> None:
    process, url = start_server()
    video = httpx.post(f"{url}/v1/timeline?wait=30", files={"video": ("a.mp4", film.read_bytes())}, timeout=60).json()
    httpx.post(f"{url}/v1/corrections", json={"video": video["video"], "start_seconds": 0, "end_seconds": 2,
                                              "label": "right"})
    training = httpx.post(f"{url}/v1/trainings", json={"epochs": 6}).json()
    while not httpx.get(f"{url}/v1/trainings/{training['id']}").json()["validation"]:
        time.sleep(0.1)
    (orphan,) = [child for child in children(process.pid) if trains(child)]
    process.kill()
    process.wait()
    assert trains(orphan)  # nobody ended it
    process, url = start_server()
    assert not trains(orphan)
    while (training := httpx.get(f"{url}/v1/trainings/{training['id']}").json())["state"] == "running":
        time.sleep(0.2)
    assert training["state"] == "done", training["problem"]
    assert len(training["validation"]) == 6


@pytest.mark.slow
def test_who_waits_is_told_when_the_server_ends(start_server: Start, film: Path, tmp_path: Path) -> None:
    process, url = start_server()
    httpx.post(f"{url}/v1/timeline?wait=30", files={"video": ("a.mp4", film.read_bytes())}, timeout=60)
    stopped = children(process.pid)
    for child in stopped:
        os.kill(child, signal.SIGSTOP)
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(httpx.post, f"{url}/v1/timeline?wait=60", files={"video": ("b.mp4", film.read_bytes())},
                            timeout=60)
        while httpx.get(f"{url}/healthz").json()["queue"] == 0:
            time.sleep(0.02)
        job = httpx.get(f"{url}/v1/jobs").json()[0]["id"]
        followed = pool.submit(httpx.get, f"{url}/v1/jobs/{job}/events", timeout=60)
        time.sleep(0.3)
        process.terminate()
        assert asked.result(30).status_code == 202
        assert "event: progress" in followed.result(30).text
    assert process.wait(60) in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert not [child for child in stopped if Path(f"/proc/{child}").exists()]  # though they could not listen
    _, url = start_server()
    assert follow(url, job)["state"] == "done"


@pytest.mark.slow
def test_a_job_outlives_ctrl_c_which_its_decoder_hears_too(start_server: Start, film: Path) -> None:
    process, url = start_server()
    httpx.post(f"{url}/v1/timeline?wait=30", files={"video": ("a.mp4", film.read_bytes())}, timeout=60)
    listening = children(process.pid)
    for child in listening:
        os.kill(child, signal.SIGSTOP)
    job = httpx.post(f"{url}/v1/timeline?wait=0", files={"video": ("b.mp4", film.read_bytes())}).json()["id"]
    while httpx.get(f"{url}/v1/jobs/{job}").json()["state"] == "queued":
        time.sleep(0.02)
    for child in listening:
        os.kill(child, signal.SIGINT)
        os.kill(child, signal.SIGCONT)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    _, url = start_server()
    assert follow(url, job)["state"] == "done"


def trains(process: int) -> bool:
    """Whether a process is there, and trains."""
    told = Path(f"/proc/{process}/cmdline")
    return told.exists() and b"--recipe" in told.read_bytes()


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    told = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for one in told for child in one.read_text().split()]


def follow(url: str, job: str) -> dict[str, Any]:
    """A job when it has ended."""
    httpx.get(f"{url}/v1/jobs/{job}/events", timeout=60)
    found: dict[str, Any] = httpx.get(f"{url}/v1/jobs/{job}").json()
    return found


def test_a_job_that_kills_the_server_again_and_again_is_given_up(tmp_path: Path) -> None:
    store = Store(tmp_path / "server.sqlite")
    video = store.add_video("a.mp4", tmp_path / "a.mp4", 1)
    job = store.add_job("timeline", video.id, {})
    for attempt in range(ATTEMPTS):
        assert store.begin_again() == 1
        taken = store.take()
        assert taken is not None
        assert (taken.id, taken.attempts) == (job.id, attempt + 1)
    assert store.begin_again() == 0
    assert store.get(job.id).state == FAILED
    assert not store.finish(job.id, "done", {})  # an end is an end


def test_a_full_disk_ends_no_thread_and_loses_no_job(
    served: Served, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, refused = served.service.store, []

    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def once(*given: Any) -> Any:
            if real not in refused:
                refused.append(real)
                raise sqlite3.OperationalError("database or disk is full")
            return real(*given)
        return once

    monkeypatch.setattr("kinema.serving.crew.FULL_SECONDS", 0.05)
    for name in ("take", "finish"):
        monkeypatch.setattr(store, name, refusing(getattr(store, name)))
    assert served.upload(film, wait=30).json()["state"] == "done"
    assert len(refused) == 2


def test_an_end_in_good_order_is_no_attempt(tmp_path: Path) -> None:
    store = Store(tmp_path / "server.sqlite")
    job = store.add_job("timeline", store.add_video("a.mp4", tmp_path / "a.mp4", 1).id, {})
    for _ in range(2 * ATTEMPTS):
        store.begin_again()
        assert store.take() is not None
        store.give_back()
    assert store.get(job.id).attempts == 0


def test_a_database_of_any_earlier_number_is_brought_up(tmp_path: Path) -> None:
    for number in range(len(STEPS)):
        path = tmp_path / f"{number}.sqlite"
        database = sqlite3.connect(path, isolation_level=None)
        for step in STEPS[:number]:
            database.executescript(step)
        database.execute(f"PRAGMA user_version = {number}")
        database.close()
        store = Store(path)
        assert store.rows("PRAGMA user_version")[0][0] == len(STEPS)
        assert {row["name"] for row in store.rows("SELECT name FROM sqlite_master")} >= {
            "videos", "jobs", "corrections", "trainings"}
    database.close()
    (tmp_path / "text.sqlite").write_text("a text that is no database, however long it is\n" * 9)
    with pytest.raises(KinemaError, match=r"text\.sqlite cannot be used"):
        Store(tmp_path / "text.sqlite")
    late = sqlite3.connect(tmp_path / "late.sqlite")
    late.execute("PRAGMA user_version = 99")
    with pytest.raises(KinemaError, match="version 99"):
        migrate(late)


@pytest.mark.slow
def test_keys_and_a_folder_that_is_in_use(run: Path, film: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("first-key  # of the press\n\nsecond-key\n")
    with serving(run, tmp_path / "data", keys=keys) as served:
        client = served.client
        for answer in (client.get("/v1/models"), client.get("/metrics"), served.upload(film),
                       client.get("/v1/models", headers={"Authorization": "Bearer wrong"})):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "key_wanted"
        assert client.get("/v1/session").json() == {"key_wanted": True}
        assert client.get("/healthz").status_code == client.get("/").status_code == 200
        for headers in ({"Authorization": "Bearer second-key"}, {"X-API-Key": "first-key"}):
            assert client.get("/v1/models", headers=headers).status_code == 200
        assert client.post("/v1/session", json={"key": "wrong"}).status_code == 401
        assert client.post("/v1/session", json={"key": "first-key"}).status_code == 204
        assert client.get("/v1/models").status_code == 200  # by the cookie
        assert client.get("/v1/session").json() == {"key_wanted": False}
        with pytest.raises(KinemaError, match="Another server"), serving(run, tmp_path / "data"):
            pass
    (tmp_path / "none").write_text("# nothing\n")
    with pytest.raises(KinemaError, match="holds no key"), serving(run, tmp_path / "b", keys=tmp_path / "none"):
        pass
