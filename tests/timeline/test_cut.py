"""Clips cut out of a video: copied packet for packet where a key frame allows, else encoded, and never a frame off."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from kinema.data.video import open_video
from kinema.data.video.shape import pixel_width
from kinema.errors import KinemaError, VideoError
from kinema.timeline.cutting import cut, key_times
from kinema.timeline.segments import Segment
from tests.data.encode import How
from tests.timeline.made import made_video

KEYS = {"g": "25", "preset": "ultrafast", "keyint_min": "25", "sc_threshold": "0"}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_video(tmp_path_factory.mktemp("cut"), "match.mp4", 6, How(options=KEYS))


def frames(path: Path) -> np.ndarray:
    """All frames."""
    with open_video(path) as found:
        return np.stack([picture for _, picture in found.frames()])


def test_a_copy_begins_at_the_key_frame_before(video: Path, tmp_path: Path) -> None:
    assert key_times(video) == pytest.approx([0, 1, 2, 3, 4, 5])
    (made,) = cut(video, [Segment(2.4, 3.6, "run")], tmp_path)
    assert made.copied
    assert made.start_seconds == 2
    whole, copy = frames(video), frames(made.path)
    assert np.array_equal(copy, whole[50:50 + len(copy)])
    assert 2.4 < (50 + len(copy)) / 25 - 1 < 3.7
    with open_video(made.path) as found:
        assert found.times_seconds[0] == pytest.approx(0, abs=0.1)
        assert found.warnings == ()


def test_b_frames_are_copied_whole(tmp_path: Path) -> None:
    video = made_video(tmp_path, "b.mkv", 6, How(options={**KEYS, "preset": "medium", "bf": "3"}))
    (made,) = cut(video, [Segment(3.1, 5, "run")], tmp_path / "out")
    assert made.copied
    whole, copy = frames(video), frames(made.path)
    assert len(copy) >= 49
    assert np.array_equal(copy[:50], whole[75:75 + len(copy[:50])])


def test_a_transport_stream_is_copied_from_the_same_key_frame(tmp_path: Path) -> None:
    video = made_video(tmp_path, "a.ts", 6, How(options=KEYS))
    first = key_times(video)[0]
    (made,) = cut(video, [Segment(first + 2.4, first + 3.6, "run")], tmp_path / "out")
    assert made.copied
    whole, copy = frames(video), frames(made.path)
    assert np.array_equal(copy[:40], whole[50:90])


def test_without_slack_it_begins_on_its_very_frame(video: Path, tmp_path: Path) -> None:
    (made,) = cut(video, [Segment(2.4, 3.6, "run")], tmp_path, slack_seconds=0)
    assert not made.copied
    assert "0.4 s early" in made.reason
    whole, anew = frames(video), frames(made.path)
    assert len(anew) == 30
    assert np.abs(anew.astype(int) - whole[60:90]).mean() < 4
    (on_key,) = cut(video, [Segment(2.0, 3.0, "run")], tmp_path, slack_seconds=0)
    assert on_key.copied


@pytest.mark.parametrize("turned", [False, True])
def test_pixels_that_are_no_squares_stay_so(video: Path, tmp_path: Path, turned: bool) -> None:
    wide = tmp_path / "wide.mp4"
    with av.open(str(video)) as source, av.open(str(wide), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)  # in the file's head alone
        if turned:
            stream.set_display_rotation(90)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    for slack, copied in ((1.0, True), (0.0, False)):
        (made,) = cut(wide, [Segment(2.4, 3.6, "run")], tmp_path / "out", slack_seconds=slack)
        assert made.copied == copied
        with open_video(wide) as whole, open_video(made.path) as clip:
            assert pixel_width(clip) == pixel_width(whole) == (Fraction(11, 16) if turned else Fraction(16, 11))
            assert (clip.height, clip.width) == (whole.height, whole.width)


def test_names_padding_and_the_ends_of_the_video(video: Path, tmp_path: Path) -> None:
    made = cut(video, [Segment(0, 1, "three-point shot"), Segment(5.2, 6, "a/b")], tmp_path, pad_seconds=0.5)
    assert [each.path.name for each in made] == ["match-001-three-point_shot.mp4", "match-002-a_b.mp4"]
    assert made[0].copied
    assert len(frames(made[1].path)) in (50, 25)
    assert made[1].end_seconds == pytest.approx(6)
    (whole,) = cut(video, [Segment(2, 3, "run")], tmp_path, slack_seconds=0, pad_seconds=999)
    assert (whole.start_seconds, whole.end_seconds) == pytest.approx((0, 6))


@pytest.mark.parametrize(("name", "codec"), [("loud.mp4", "aac"), ("loud.mov", "pcm_s16le")])
def test_sound_goes_with_it(tmp_path: Path, name: str, codec: str) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=25, options=KEYS)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream(codec, rate=16000, layout="mono")
        for number in range(100):
            image = np.full((48, 64, 3), number, np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            wave = (8000 * np.sin(np.arange(640) * 0.1)).astype(np.int16)[None]
            samples = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            samples.sample_rate, samples.pts = 16000, 640 * number
            container.mux(sound.encode(samples))
        container.mux(picture.encode())
        container.mux(sound.encode())
    for slack, copied in ((1.0, True), (0.0, False)):
        (made,) = cut(path, [Segment(1.5, 3, "run")], tmp_path / str(slack), slack_seconds=slack)
        assert made.copied == copied
        with av.open(str(made.path)) as container:
            heard = [float(packet.pts * packet.time_base) for packet in container.demux(audio=0)
                     if packet.pts is not None]
        assert min(heard) == pytest.approx(0, abs=0.15)
        assert max(heard) == pytest.approx(made.end_seconds - made.start_seconds, abs=0.15)


@pytest.mark.slow
def test_awkward_files_are_cut_one_way_or_the_other(shared: Path, tmp_path: Path) -> None:
    cuts = 0
    for path in sorted((shared / "videos" / "zoo").rglob("*")):
        if path.suffix.lower() not in (".mp4", ".mkv", ".mov", ".avi", ".webm", ".ts", ".flv", ".3gp", ".wmv", ".mpg"):
            continue
        try:
            with open_video(path) as found:
                times = found.times_seconds
            middle = float(times[len(times) // 2])
            made = cut(path, [Segment(middle, middle + 0.5, "x")], tmp_path / path.stem, slack_seconds=2.0)
        except VideoError:
            continue
        cuts += 1
        with open_video(made[0].path) as found:
            assert len(found.read([0])) == 1, path
    assert cuts >= 20


def test_what_cannot_be_cut(video: Path, tmp_path: Path) -> None:
    with pytest.raises(KinemaError, match="0 or more"):
        cut(video, [], tmp_path, slack_seconds=-1)
    with pytest.raises(VideoError, match="no frame from 50"):
        cut(video, [Segment(50, 51, "run")], tmp_path, slack_seconds=0)
    with pytest.raises(VideoError):
        cut(tmp_path / "absent.mp4", [], tmp_path)
