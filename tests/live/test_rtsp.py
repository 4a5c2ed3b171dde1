"""A real RTSP server on this machine, whose stream falls silent, is cut and comes back."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kinema.data.video import open_video
from kinema.errors import VideoError
from kinema.live.alerts import Alert
from kinema.live.camera import camera_of, cameras_of
from kinema.live.capture import Capture
from kinema.live.patience import Patience
from kinema.live.reader import Reading
from kinema.live.recorder import Clips
from kinema.live.watcher import Watcher
from tests.live.cameras import Brightness, film, needs_rtsp, serving

pytestmark = pytest.mark.slow
ALERTS = Alert("bright", 0.5, hold_off_seconds=0), Alert("offline", 1.5, margin=0, hold_off_seconds=0)
PATIENCE = Patience(open_seconds=5, read_seconds=1, longest_wait_seconds=1, give_up_seconds=3)


@pytest.fixture
def address(free_port: int) -> str:
    """Where the camera is once it is served."""
    needs_rtsp()
    return f"rtsp://127.0.0.1:{free_port}/camera"


class Watched:
    """A camera that is watched by another thread until it is given up."""

    def __init__(self, address: str, clips: Clips | None = None) -> None:
        self.told: list[dict[str, Any]] = []
        watcher = Watcher(Brightness(), cameras_of([address]), ALERTS, Reading(0.04, PATIENCE), clips, self.told.append)
        self.thread = Thread(target=watcher.run, daemon=True)
        self.thread.start()

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], times: int = 1) -> dict[str, Any]:
        """The event that comes for so many times."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = [event for event in self.told if wanted(event)]
            if len(found) >= times:
                return found[times - 1]
            time.sleep(0.02)
        raise AssertionError(f"it did not come: {[event for event in self.told if event['event'] != 'answer']}")

    def state(self, name: str, times: int = 1) -> dict[str, Any]:
        return self.wait_for(lambda event: event.get("state") == name, times)

    def alert(self, label: str, times: int = 1, kind: str = "alert") -> dict[str, Any]:
        return self.wait_for(lambda event: event["event"] == kind and event["label"] == label, times)


def test_a_stream_that_is_cut_and_comes_back_goes_on_by_itself(address: str, tmp_path: Path) -> None:
    port, path = int(address.split(":")[2].split("/")[0]), film(tmp_path / "film.mp4", 30, bright=(2, 3))
    watched = Watched(address, Clips(tmp_path / "clips", 1, 0.5))
    assert "refused" in watched.state("lost")["reason"]  # there is no server yet
    with serving(path, port):
        first = watched.alert("bright")
        assert 0 <= first["latency_ms"] < 1000
        clip = watched.wait_for(lambda event: event["event"] == "clip")
        before = sum(event["event"] == "alert" and event["label"] == "offline" for event in watched.told)
    watched.alert("offline", before + 1)
    with serving(path, port) as server:
        back = watched.state("open", 2)
        assert back["away_seconds"] > 1.5
        watched.alert("offline", before + 1, kind="alert_end")
        second = watched.alert("bright", 2)
        assert second["seconds"] > first["seconds"] + 2
        server.send_signal(signal.SIGSTOP)  # it is there, and says nothing
        stopped = time.monotonic()
        assert watched.wait_for(lambda event: "nothing came" in event.get("reason", ""))
        assert time.monotonic() - stopped < 3
        server.send_signal(signal.SIGCONT)
        watched.state("open", 3)
    assert watched.state("given up")
    watched.thread.join(5)
    assert watched.told[-1]["event"] == "summary"
    assert watched.told[-1]["cameras"][0]["opened"] == 3
    with open_video(clip["file"]) as video:
        assert 1.4 < video.duration_seconds < 3
        levels = [float(picture.mean()) for _, picture in video.frames()]
    assert min(levels) < 80
    assert max(levels) > 150


def test_pictures_of_another_size_are_watched_at_once(address: str, tmp_path: Path) -> None:
    port = int(address.split(":")[2].split("/")[0])
    watched = Watched(address)
    with serving(film(tmp_path / "small.mp4", 20), port):
        assert watched.state("open")["width"] == 160
    with serving(film(tmp_path / "large.mp4", 20, bright=(1, 2), size=(320, 240)), port):
        assert watched.state("open", 2)["width"] == 320
        assert watched.alert("bright")
    watched.state("given up")
    watched.thread.join(5)


def test_what_is_not_there_is_told_in_words(address: str, tmp_path: Path) -> None:
    port = int(address.split(":")[2].split("/")[0])
    with serving(film(tmp_path / "film.mp4", 2), port), pytest.raises(VideoError, match="404 Not Found"):
        Capture(camera_of(address.replace("camera", "nothing")), PATIENCE)
