"""What a person names, as a camera, and its last seconds."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import pytest

from kinema.data.video import open_video
from kinema.data.video.shape import pixel_width
from kinema.errors import VideoError
from kinema.live.camera import Camera, camera_of, cameras_of
from kinema.live.capture import Capture
from kinema.live.inbox import Frame, Inbox
from kinema.live.patience import Patience
from kinema.live.recorder import Clips, Recorder
from tests.live.cameras import film


def test_cameras_as_they_are_written(tmp_path: Path) -> None:
    path = film(tmp_path / "a=b.mp4", 0.2)
    assert camera_of("rtsp://me:secret@10.0.0.7:554/1?token=2") == Camera(
        "rtsp://10.0.0.7:554/1", "rtsp://me:secret@10.0.0.7:554/1?token=2")
    assert camera_of("hall=rtsp://10.0.0.7/1").name == "hall"
    assert camera_of("/dev/video0") == Camera("/dev/video0", "/dev/video0", "v4l2")
    assert camera_of("desk=avfoundation:0") == Camera("desk", "0", "avfoundation")
    assert camera_of(str(path)) == Camera(str(path), f"file:{path}", file=True)
    assert [camera.name for camera in cameras_of([str(path), "x=rtsp://a/b", str(path)])] == [
        str(path), "x", f"{path}#2"]


@pytest.mark.parametrize(("text", "words"), [
    ("rstp://10.0.0.7/1", "Nearest: rtp, rtsp"), ("no-such.mp4", "There is no file"), (".", "is a folder"),
])
def test_what_is_no_camera_is_told_in_words(text: str, words: str) -> None:
    with pytest.raises(VideoError, match=words):
        camera_of(text)


def frame(number: int) -> Frame:
    return Frame(None, float(number), 0.0)  # type: ignore[arg-type]


def test_a_full_inbox_drops_the_oldest_and_counts_them() -> None:
    inbox = Inbox(2, room=2)
    inbox.set_open(0, True)
    for number in range(5):
        inbox.put(0, frame(number))
    assert [inbox.take(0, 0)[0].seconds for _ in range(2)] == [3, 4]
    assert inbox.take(0.01, 0) == {}
    assert (inbox.boxes[0].came, inbox.boxes[0].dropped) == (5, 3)


def test_a_patient_inbox_drops_nothing_and_gives_all_cameras_together() -> None:
    inbox = Inbox(2, room=1, patient=True)
    for camera in range(2):
        inbox.set_open(camera, True)

    def send(camera: int) -> None:
        for number in range(20):
            inbox.put(camera, frame(number))

    with ThreadPoolExecutor(2) as senders:
        sent = [senders.submit(send, camera) for camera in range(2)]
        taken = [inbox.take(1, 0) for _ in range(20)]
        assert all(one.result() is None for one in sent)
    assert [{camera: one.seconds for camera, one in each.items()} for each in taken] == [
        {0: number, 1: number} for number in range(20)]


@pytest.mark.parametrize("key_frames", [10, 25, 1000])
def test_the_seconds_around_an_alert_are_the_cameras_own_packets(key_frames: int, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", 12, bright=(8, 9), key_frames=key_frames, pixel_width=Fraction(4, 3))
    told: list[tuple[Path, str | None]] = []
    with ThreadPoolExecutor(1) as writer, Capture(camera_of(str(path)), Patience()) as capture:
        recorder = Recorder(Clips(tmp_path / "clips", 2, 1), writer, lambda *facts: told.append(facts))
        recorder.begin(capture.stream)
        for arrival in capture.arrivals():
            recorder.packet(arrival.packet, arrival.seconds)
            if arrival.seconds == 8:
                written = recorder.ask("one", 8.0)
        kept = sum(map(len, recorder.groups))
    assert told == [(written, None)]
    begins = (150 - 150 % key_frames) / 25  # at the key frame before
    with open_video(tmp_path / "clips" / "one.mp4") as clip:
        assert clip.times_seconds[0] == 0
        assert pixel_width(clip) == Fraction(4, 3)
        assert clip.duration_seconds == pytest.approx(9.04 - begins)
        bright = clip.read(clip.indices_at([8.5 - begins]))
        dark = clip.read(clip.indices_at([7.5 - begins]))
    assert bright.mean() > 150 > dark.mean()
    assert kept <= 25 * (2 + 2) + 2 * key_frames


def test_pictures_that_come_as_they_are_are_coded(tmp_path: Path) -> None:
    told: list[tuple[Path, str | None]] = []
    with ThreadPoolExecutor(1) as writer, Capture(
            camera_of("lavfi:testsrc2=size=160x120:rate=25:duration=3,setsar=4/3"), Patience()) as capture:
        recorder = Recorder(Clips(tmp_path, 1, 1), writer, lambda *facts: told.append(facts))
        recorder.begin(capture.stream)
        for arrival in capture.arrivals():
            for picture in capture.frames(arrival.packet):
                recorder.frame(picture, arrival.seconds)
            if arrival.seconds == 2:
                recorder.ask("raw", 2.0)
        recorder.end()
    assert told == [(tmp_path / "raw.mp4", None)]
    with av.open(str(tmp_path / "raw.mp4")) as clip:
        assert 45 <= len(list(clip.decode(video=0))) <= 75
        assert clip.streams.video[0].sample_aspect_ratio == Fraction(4, 3)  # the camera's pixels are no squares


def test_a_clip_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    path, told = film(tmp_path / "film.mp4", 1), list[tuple[Path, str | None]]()
    (tmp_path / "clips").write_text("a file")
    with ThreadPoolExecutor(1) as writer, Capture(camera_of(str(path)), Patience()) as capture:
        recorder = Recorder(Clips(tmp_path / "clips", 1, 1), writer, lambda *facts: told.append(facts))
        recorder.begin(capture.stream)
        for arrival in capture.arrivals():
            recorder.packet(arrival.packet, arrival.seconds)
        recorder.ask("one", 1.0)
        recorder.end()
    assert told[0][1]
    assert "could not be written" in told[0][1]
