"""Uploads are let go, the oldest first, but for those that are needed; what was found in them stays."""

import time
from pathlib import Path
from typing import Any

import pytest

from kinema.serving.corrections import Corrections
from kinema.serving.keeping import Keeper
from kinema.serving.limits import Limits
from kinema.serving.store import DONE, Store
from tests.serving.conftest import serving

SIZE = 1000  # bytes of each upload


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A database with five uploads, each asked about once, and a video of the library."""
    store = Store(tmp_path / "server.sqlite")
    (tmp_path / "uploads").mkdir()
    for number in range(5):
        path = tmp_path / "uploads" / f"{number}.part"
        path.write_bytes(bytes(SIZE))
        video = store.add_upload(f"{number}.mp4", path, SIZE, str(number))
        job = store.add_job("timeline", video.id, {})
        store.finish(job.id, DONE, {"windows": []})
        store.run("UPDATE jobs SET created = ? WHERE id = ?", (time.time() - 86_400 * (5 - number), job.id))
        store.run("UPDATE videos SET created = 0")
    (tmp_path / "film.mp4").write_bytes(bytes(SIZE))
    store.add_video("film.mp4", tmp_path / "film.mp4", SIZE)
    return store


def left(tmp_path: Path) -> list[str]:
    """The uploads that are still there."""
    return sorted(path.name[0] for path in (tmp_path / "uploads").iterdir())


def test_the_oldest_go_beyond_a_size_but_those_that_are_needed_stay(store: Store, tmp_path: Path) -> None:
    Corrections(store).add("0", 0.0, 1.0, "goal", "")
    waiting = store.add_job("timeline", "1", {})
    training = [True]
    keeper = Keeper(store, tmp_path / "uploads", Limits(keep_bytes=2 * SIZE), lambda: training[0])
    assert keeper.tidy() == 0  # a training reads them
    training[0] = False
    assert keeper.tidy() == 3
    assert left(tmp_path) == ["0", "1"]
    assert (tmp_path / "film.mp4").is_file()  # what is not the server's own
    assert len(store.jobs(10)) == 6
    store.finish(waiting.id, DONE, {})
    store.add_upload("again.mp4", write(tmp_path / "uploads" / "new", SIZE), SIZE, "3")  # the same content as before
    assert left(tmp_path) == ["0", "1", "3"]
    assert keeper.tidy() == 1
    assert left(tmp_path) == ["0", "1"]  # of 1 it was asked last


def test_the_old_go_after_some_days(store: Store, tmp_path: Path) -> None:
    keeper = Keeper(store, tmp_path / "uploads", Limits(keep_days=2.5), lambda: False)
    assert keeper.tidy() == 3
    assert left(tmp_path) == ["3", "4"]
    assert keeper.tidy() == 0


def test_jobs_are_forgotten_after_some_days_with_their_videos(store: Store, tmp_path: Path) -> None:
    Corrections(store).add("0", 0.0, 1.0, "goal", "")
    store.run("UPDATE jobs SET finished = created")
    waiting = store.add_job("timeline", "1", {})
    assert Keeper(store, tmp_path / "uploads", Limits(), lambda: False).forget() == 0
    keeper = Keeper(store, tmp_path / "uploads", Limits(forget_days=2.5), lambda: False)
    assert keeper.forget() == 2  # of 1 and 2; the film of the library goes from the list alone
    assert left(tmp_path) == ["0", "1", "3", "4"]
    assert [job.video for job in store.jobs(10)] == ["1", "4", "3", "0"]
    assert {row["id"] for row in store.rows("SELECT id FROM videos")} == {"0", "1", "3", "4"}
    assert (tmp_path / "film.mp4").is_file()
    store.finish(waiting.id, DONE, {})
    assert keeper.forget() == 0


def write(path: Path, size: int) -> Path:
    """A file of zeros."""
    path.write_bytes(bytes(size))
    return path


def gone(served: Any, video: str) -> bool:
    """Whether the server has let a video go, within some seconds."""
    for _ in range(100):
        if served.client.get(f"/v1/videos/{video}").status_code == 404:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_a_server_keeps_results_and_corrected_videos_and_tidies_after_a_restart(
    run: Path, film: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(film.read_bytes() + b"free")
    with serving(run, tmp_path / "data") as served:
        first, second = (served.upload(path, wait=30).json() for path in (film, other))
        served.client.post("/v1/corrections", json={"video": first["video"], "start_seconds": 0, "end_seconds": 1,
                                                    "label": "right"})
        assert served.client.get(f"/v1/videos/{second['video']}").status_code == 200
    (tmp_path / "data" / "uploads" / "half.mp4").write_bytes(b"of an upload")
    (tmp_path / "data").rename(tmp_path / "moved")
    limits = Limits(keep_bytes=0)  # which is looked at when it starts
    with serving(run, tmp_path / "moved", limits=limits) as served:
        assert not (tmp_path / "moved" / "uploads" / "half.mp4").exists()
        assert gone(served, second["video"])
        assert served.client.get(f"/v1/videos/{first['video']}").status_code == 200
        job = served.client.get(f"/v1/jobs/{second['id']}").json()
        assert job["result"] == second["result"]
        assert (job["kept"], second["kept"]) == (False, True)
        asked = {"video": second["video"], "start_seconds": 0, "end_seconds": 1, "label": "right"}
        error = served.client.post("/v1/corrections", json=asked).json()["error"]
        assert error["code"] == "not_kept"
        assert "Upload it again" in error["hint"]
        assert {one["video"] for one in served.client.get("/v1/suggestions").json()} == {first["video"]}
        assert served.upload(other, wait=30).json()["result"] == second["result"]
        assert gone(served, second["video"])  # and after each job
