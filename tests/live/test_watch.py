"""Films watched as cameras, by the watcher and by the command line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import av
import pytest
from typer.testing import CliRunner

from kinema.cli.app import app
from kinema.data.video import open_video
from kinema.live.alerts import Alert
from kinema.live.camera import cameras_of
from kinema.live.patience import Patience
from kinema.live.reader import Reading
from kinema.live.recorder import Clips
from kinema.live.watcher import Watcher
from kinema.runs import Run
from tests.live.cameras import Brightness, film
from tests.live.test_webhook import hooked

BRIGHT = Alert("bright", 0.5, hold_off_seconds=0)


def events_of(sources: list[str], reading: Reading, clips: Clips | None = None, *alerts: Alert) -> list[dict[str, Any]]:
    """All that is told of some cameras."""
    told: list[dict[str, Any]] = []
    Watcher(Brightness(reading.every_seconds), cameras_of(sources), alerts, reading, clips, told.append).run()
    return told


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


def test_a_film_is_told_frame_by_frame_and_its_alert_is_saved(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", 6, bright=(2, 3.5))
    told = events_of([str(path)], Reading(0.04, fast=True), Clips(tmp_path / "clips", 1, 1), BRIGHT)
    assert [event["state"] for event in of(told, "camera")] == ["open", "ended"]
    assert len(of(told, "answer")) == 150
    (alert,), (over,), (clip,) = of(told, "alert"), of(told, "alert_end"), of(told, "clip")
    assert (alert["label"], alert["seconds"], over["seconds"]) == ("bright", 2.0, pytest.approx(3.5, abs=0.03))
    assert clip["file"] == alert["clip"]
    with open_video(clip["file"]) as video:
        assert video.duration_seconds == pytest.approx(2, abs=0.1)
    (facts,) = told[-1]["cameras"]
    assert (told[-1]["event"], facts["frames"], facts["wanted"], facts["dropped"]) == ("summary", 150, 150, 0)


@pytest.mark.slow
def test_a_film_at_its_own_speed_takes_as_long_as_it_lasts(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", 1.2, bright=(0.8, 2))
    start = time.monotonic()
    told = events_of([str(path), str(path)], Reading(0.08), None, BRIGHT)
    assert 1.1 < time.monotonic() - start < 4
    assert [event["camera"] for event in of(told, "alert")] in ([str(path), f"{path}#2"], [f"{path}#2", str(path)])
    assert all("clip" not in event for event in of(told, "alert"))
    assert [facts["wanted"] for facts in told[-1]["cameras"]] == [15, 15]
    assert told[-1]["latency_ms"]["p99"] < 1000


@pytest.mark.slow
def test_a_network_that_is_too_slow_drops_frames_and_does_not_lag(tmp_path: Path) -> None:
    class Slow(Brightness):
        def __call__(self, frames: Any) -> Any:
            time.sleep(0.1)
            return super().__call__(frames)

    path, told = film(tmp_path / "film.mp4", 1.6, bright=(1, 2)), list[dict[str, Any]]()
    Watcher(Slow(), cameras_of([str(path)]), [BRIGHT], Reading(0.04), None, told.append).run()
    assert told[-1]["cameras"][0]["drop_rate"] == pytest.approx(0.6, abs=0.2)
    assert told[-1]["latency_ms"]["p99"] < 700
    assert of(told, "alert")[0]["seconds"] == pytest.approx(1, abs=0.2)


def test_a_device_that_ends_is_opened_again_until_it_is_given_up(tmp_path: Path) -> None:
    source = "lavfi:testsrc2=size=64x48:rate=25:duration=0.4,realtime"
    patience = Patience(first_wait_seconds=0.1)
    told: list[dict[str, Any]] = []

    def tell(event: dict[str, Any]) -> None:
        told.append(event)
        if event.get("state") == "open" and len(of(told, "camera")) == 3:
            raise KeyboardInterrupt  # as Ctrl-C would

    Watcher(Brightness(), cameras_of([source]), [], Reading(0.04, patience), None, tell).run()
    assert [event["state"] for event in of(told, "camera")] == ["open", "lost", "open"]
    assert of(told, "camera")[2]["away_seconds"] < 1
    assert told[-1]["event"] == "summary"


def shifted(path: Path, seconds: float) -> bytes:
    """A film as a transport stream whose clock begins so late."""
    out = path.with_suffix(".ts")
    with av.open(str(path)) as source, av.open(str(out), "w", options={"output_ts_offset": f"{seconds}"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return out.read_bytes()


@pytest.mark.parametrize("offsets", [(0, 500), (500, 0)])
def test_a_camera_whose_clock_is_set_anew_is_watched_on(offsets: tuple[int, int], tmp_path: Path) -> None:
    pieces = [shifted(film(tmp_path / f"{number}.mp4", 1), late) for number, late in enumerate(offsets)]
    told: list[dict[str, Any]] = []

    def tell(event: dict[str, Any]) -> None:
        told.append(event)
        if event.get("state") == "lost":
            raise KeyboardInterrupt

    with socket.create_server(("127.0.0.1", 0)) as server:
        def send() -> None:
            with server.accept()[0] as one:
                whole = b"".join(pieces)
                for place in range(0, len(whole), 1880):
                    one.sendall(whole[place : place + 1880])
                    time.sleep(0.02)

        Thread(target=send, daemon=True).start()
        source = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        Watcher(Brightness(), cameras_of([source]), [], Reading(0.04), None, tell).run()
    seconds = [event["seconds"] for event in of(told, "answer")]
    assert len(seconds) > 20
    assert max(seconds) < 10
    assert all(later > sooner - 2 for sooner, later in pairwise(seconds))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_command_watches_tells_and_saves(tiny_run: Path, tmp_path: Path) -> None:
    path, out = film(tmp_path / "film.mp4", 4), tmp_path / "events.jsonl"
    label = Run.open(tiny_run).labels[0]
    with hooked() as server:
        result = CliRunner().invoke(app, [
            "watch", str(tiny_run), f"hall={path}", str(path), "--fast", "--alert", f"{label}:0.01", "--webhook",
            server.url, "--out", str(out), "--clips", str(tmp_path / "clips"), "--device", "cpu", "--answers"])
    assert result.exit_code == 0, result.output
    told = lines(out)
    assert [event["camera"] for event in of(told, "alert")] == ["hall", str(path)]
    assert server.events == of(told, "alert")
    assert all(Path(event["file"]).is_file() for event in of(told, "clip"))
    assert len(of(told, "answer")) > 20
    assert "frame to answer" in result.stderr
    assert told[-1]["alerts"] == 2


@pytest.mark.parametrize(("arguments", "words"), [
    (["--alert", "fal"], "does not know 'fal'"), (["--transport", "smoke"], "expected tcp or udp"),
    (["--webhook", "here"], "expected an address"), (["--detector", "people"], "expected a function"),
    (["--alert", "left", "--clips", __file__], "is a file; expected a folder"),
])
def test_wrong_calls_are_told_in_words(arguments: list[str], words: str, tiny_run: Path, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", 0.2)
    result = CliRunner().invoke(app, ["watch", str(tiny_run), str(path), "--device", "cpu", *arguments])
    assert result.exit_code == 1
    assert words in result.output


def test_only_files_can_be_fast_and_broken_ones_are_told(tiny_run: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["watch", str(tiny_run), "rtsp://127.0.0.1/1", "--fast", "--device", "cpu"])
    assert (result.exit_code, "--fast is for files" in result.output) == (1, True)
    text = tmp_path / "film.mp4"
    text.write_text("no video")
    result = CliRunner().invoke(app, ["watch", str(tiny_run), str(text), "--device", "cpu"])
    assert (result.exit_code, f"{text} cannot be watched" in result.output) == (1, True)
    assert not result.stdout


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly(tiny_run: Path, tmp_path: Path) -> None:
    path, label = film(tmp_path / "film.mp4", 60), Run.open(tiny_run).labels[0]
    watching = subprocess.Popen(
        [sys.executable, "-m", "kinema", "watch", str(tiny_run), str(path), "--alert", f"{label}:0.01", "--clips",
         str(tmp_path / "clips"), "--device", "cpu"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
    assert watching.stdout
    told = [json.loads(watching.stdout.readline()) for _ in range(2)]
    assert [event["event"] for event in told] == ["camera", "alert"]
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=30)
    assert watching.returncode == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["clip", "summary"]
    assert "Traceback" not in err
    assert Path(told[1]["clip"]).is_file()
