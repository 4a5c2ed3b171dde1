"""Frame k of a file is what PyAV decodes as its k-th, whatever the container, the codec and the order of reading."""

import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from kinema.data.video import index, open_video
from kinema.data.video.decoder import Decoder
from kinema.errors import VideoError
from tests.data.encode import How, decoded, encode, pictures

OPEN_GOP = {"x264-params": "open-gop=1:keyint=10:bframes=3"}
KINDS = {
    "h264.mp4": How(),
    "ten-bit.mp4": How(pixels="yuv420p10le"),
    "odd-size.mp4": How(pixels="yuv444p", height=47, width=63),
    "fragments.mp4": How(options={"g": "10"}, muxer_options={"movflags": "frag_keyframe+empty_moov"}),
    "open-gop.mkv": How(options=OPEN_GOP), "open-gop.ts": How(options=OPEN_GOP),
    "intra-refresh.mp4": How(options={"x264-params": "intra-refresh=1:keyint=20"}),
    "hevc.mp4": How("libx265", "yuv420p10le"), "vp9.webm": How("libvpx-vp9"), "av1.mp4": How("libsvtav1"),
    "lossless.mkv": How("ffv1", height=47, width=63), "b-frames.avi": How("mpeg4", options={"bf": "2"}),
    "mpeg2.mpg": How("mpeg2video", options={"bf": "2", "g": "8"}),
    "mpeg2.ts": How("mpeg2video", options={"bf": "2", "g": "8"}),
    "flash.flv": How("flv"),
    "windows.wmv": How("wmv2"),
    "prores.mov": How("prores", "yuv422p10le"),
    "alpha.mov": How("qtrle", "argb"),
    "motion-jpeg.avi": How("mjpeg", "yuvj420p"),
    "palette.gif": How("gif", "rgb8"),
    "animated.png": How("apng", "rgba", muxer="apng"),
    "no-stamps.h264": How(muxer="h264", options={"g": "10"}), "phone.mp4": How(turn=-90), "phone.mov": How(turn=90),
    "head-down.mp4": How(turn=180), "rotated.mkv": How(turn=90),
}


@pytest.mark.parametrize("keep", ["kept in memory", "decoded anew"])
@pytest.mark.parametrize("name", KINDS)
def test_every_frame_is_the_decoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, keep: str) -> None:
    monkeypatch.setattr(index, "KEEP_BYTES", 0 if keep == "decoded anew" else index.KEEP_BYTES)
    expected = decoded(encode(tmp_path / name, 40, KINDS[name]))
    with open_video(tmp_path / name) as video:
        assert len(video) == len(expected) == 40
        assert (video.height, video.width) == expected[0].shape[:2]
        for indices in (np.random.default_rng(0).integers(0, 40, 9), np.arange(40), np.array([39]), np.array([], int)):
            clip_THWC = video.read(indices)
            assert clip_THWC.dtype == np.uint8
            assert clip_THWC.shape == (len(indices), video.height, video.width, 3)
            assert all(np.array_equal(picture, expected[k]) for picture, k in zip(clip_THWC, indices, strict=True))
        assert all(np.array_equal(picture, right) for (_, picture), right in zip(video.frames(), expected, strict=True))


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("name", ["h264.mp4", "open-gop.ts", "hevc.mp4", "vp9.webm", "av1.mp4"])
def test_threads_change_no_pixel(tmp_path: Path, name: str, threads: int) -> None:
    expected = decoded(encode(tmp_path / name, 40, KINDS[name]))
    with open_video(tmp_path / name, threads=threads) as video:
        assert np.array_equal(video.read(range(40)), expected)


def test_phones_are_shown_upright(tmp_path: Path) -> None:
    for turn, corner in ((None, (0, 0)), (90, (-1, 0)), (180, (-1, -1)), (-90, (0, -1))):
        picture = open_video(encode(tmp_path / f"{turn}.mp4", 1, How(turn=turn))).read([0])[0]
        assert picture[corner].min() > 230


def test_the_clock_is_the_containers(tmp_path: Path) -> None:
    stamps = np.cumsum([10_000, *[3600, 3600, 9000, 900] * 5]).tolist()
    with open_video(encode(tmp_path / "uneven.mkv", 21, How(stamps=stamps))) as video:
        clock = np.array(stamps) / 90_000
        assert np.allclose(video.times_seconds, clock, atol=1e-3)
        assert np.allclose([time for time, _ in video.frames()], video.times_seconds)
        assert video.times_seconds.dtype == np.float64
        assert video.indices_at(video.times_seconds).tolist() == list(range(21))
        assert video.indices_at([0, video.times_seconds[3] + 0.001, 1e9]).tolist() == [0, 3, 20]
        assert video.fps == pytest.approx(25, rel=1e-3)
        assert video.duration_seconds == pytest.approx(clock[-1] - clock[0] + 0.04, abs=2e-3)


def test_missing_stamps_are_filled_in(tmp_path: Path) -> None:
    with open_video(encode(tmp_path / "raw.h264", 12, KINDS["no-stamps.h264"])) as video:
        assert np.allclose(video.times_seconds, np.arange(12) / 25)
        assert "no time stamp" in video.warnings[0]
    some = index.seconds([None, 100, None, 300, None], av.time_base * 0 + 0.01)  # type: ignore[arg-type]
    assert np.allclose(some, [0, 1, 2, 3, 4])


@pytest.mark.parametrize("missing", [range(12), range(3), range(8, 12), (2, 5, 6)])
def test_one_pass_and_the_index_agree_on_missing_stamps(
    tmp_path: Path, missing: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = Decoder._decode

    def unstamped(self: Decoder) -> Iterator[av.VideoFrame]:
        for number, frame in enumerate(decode(self)):
            if number in missing:
                frame.pts = None
            yield frame

    monkeypatch.setattr(Decoder, "_decode", unstamped)
    path = encode(tmp_path / "a.mp4", 12)
    with open_video(path) as video, open_video(path) as other:
        assert [time for time, _ in video.frames()] == other.times_seconds.tolist()
        assert video.warnings == other.warnings
        assert "no time stamp" in video.warnings[0]


def test_a_clock_that_goes_backward(tmp_path: Path) -> None:
    once = encode(tmp_path / "once.ts", 20, How(options={"g": "5"})).read_bytes()
    (tmp_path / "thrice.ts").write_bytes(once * 3)
    expected = decoded(tmp_path / "thrice.ts")
    with open_video(tmp_path / "thrice.ts") as video:
        assert len(video) == len(expected) == 60
        assert np.array_equal(video.read([0, 25, 59]), [expected[k] for k in (0, 25, 59)])
        assert "backward 2 times" in video.warnings[0]
        assert video.fps == pytest.approx(25)
        assert (np.diff(video.indices_at(np.linspace(0, 3, 50))) >= 0).all()


def test_the_first_stream_that_gives_frames_is_the_video(tmp_path: Path) -> None:
    with av.open(tmp_path / "two.mkv", "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream, size in zip(streams, (64, 32), strict=True):
            stream.width = stream.height = size
        for stream, size in zip(streams, (64, 32), strict=True):
            frames = [av.VideoFrame.from_ndarray(picture, format="rgb24") for picture in pictures(5, size, size)]
            packets = [packet for frame in [*frames, None] for packet in stream.encode(frame)]
            for packet in packets:
                if size == 64:  # nothing but noise in the first stream
                    noise = av.Packet(b"\xff" * packet.size)
                    noise.stream, noise.time_base = stream, packet.time_base
                    noise.pts, noise.dts = packet.pts, packet.dts
                    packet = noise
                container.mux(packet)
    with open_video(tmp_path / "two.mkv") as video:
        assert len(video) == 5
        assert video.width == 32


def test_frames_that_change_size_are_scaled_to_the_first(tmp_path: Path) -> None:
    small = encode(tmp_path / "small.ts", 6, How(height=32, width=32)).read_bytes()
    large = encode(tmp_path / "large.ts", 6, How(height=96, width=64)).read_bytes()
    (tmp_path / "both.ts").write_bytes(small + large)
    with open_video(tmp_path / "both.ts") as video:
        assert video.read([0, 11]).shape == (2, 32, 32, 3)
        assert any("6 frames have another size" in text for text in video.warnings)


def test_one_frame(tmp_path: Path) -> None:
    with open_video(encode(tmp_path / "one.mp4", 1)) as video:
        assert len(video) == 1
        assert video.fps == 25
        assert video.duration_seconds == pytest.approx(0.04)


def test_a_video_opens_again_in_a_worker(tmp_path: Path) -> None:
    for source in (encode(tmp_path / "a.mp4", 5), pictures(5)):
        video = open_video(source, threads=1)
        again = pickle.loads(pickle.dumps(video))
        assert np.array_equal(video.read([4, 0]), again.read([4, 0]))


def test_a_closed_video_can_be_read_again(tmp_path: Path) -> None:
    video = open_video(encode(tmp_path / "a.mp4", 5))
    video.close()
    assert len(video) == 5
    video.close()
    assert video.read([3]).shape[0] == 1


@pytest.mark.parametrize("indices", [[5], [-1], [0.5], [[0, 1]]])
def test_only_frames_that_exist_are_read(tmp_path: Path, indices: list) -> None:
    with pytest.raises(VideoError):
        open_video(pictures(5)).read(indices)


@pytest.mark.parametrize("turn", [0, 90])
def test_pictures_may_be_small(tmp_path: Path, turn: int) -> None:
    path = encode(tmp_path / "a.mp4", how=How(turn=turn))
    with open_video(path) as whole, open_video(path, largest=16) as small, open_video(path, largest=500) as same:
        assert (small.height, small.width) == ((12, 16) if turn == 0 else (16, 12))
        assert np.array_equal(small.times_seconds, whole.times_seconds)
        assert np.array_equal(same.read([0, 9]), whole.read([0, 9]))
        means = whole.read([0, 9]).reshape(2, small.height, 4, small.width, 4, 3).mean((2, 4))
        assert np.corrcoef(small.read([0, 9]).ravel(), means.ravel())[0, 1] > 0.97  # colours clip after it, not before
