"""What packets promise is what the decoder gives, however the file was encoded; what they cannot promise is decoded."""

from pathlib import Path

import numpy as np
import pytest

from kinema.data.video import open_video
from kinema.data.video.decoder import Decoder
from kinema.data.video.file import VideoFile
from kinema.data.video.packets import promised
from kinema.errors import VideoError
from tests.data.encode import How, damaged, decoded, encode

HEVC = "pools=none:frame-threads=1:log-level=none"
SOUND = {
    "plain.mp4": How(), "short-groups.mp4": How(options={"g": "5"}), "one-group.mkv": How(options={"g": "250"}),
    "many-b.mp4": How(options={"x264-params": "keyint=20:bframes=8:b-pyramid=strict:ref=6"}),
    "interlaced.mp4": How(options={"x264-params": "tff=1:keyint=12"}),
    "slices.mov": How(options={"x264-params": "slices=3:keyint=12"}),
    "open.mkv": How(options={"x264-params": "open-gop=1:keyint=10:bframes=3"}),
    "refresh.mp4": How(options={"x264-params": "intra-refresh=1:keyint=20"}),
    "fragments.mp4": How(options={"g": "10"}, muxer_options={"movflags": "frag_keyframe+empty_moov"}),
    "uneven.mp4": How(stamps=np.cumsum([9000, *[3600, 1800, 9000, 900] * 12]).tolist()),
    "hevc.mp4": How("libx265", options={"x265-params": f"{HEVC}:keyint=12:bframes=4"}),
    "hevc-open.mkv": How("libx265", "yuv420p10le", options={"x265-params": f"{HEVC}:keyint=12:open-gop=1"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUND)
def test_frames_are_read_as_promised(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinema.data.video.index.KEEP_BYTES", 0)
    path = encode(tmp_path / name, 45, SOUND[name])
    expected, random = decoded(path), np.random.default_rng(0)
    for threads, kept in ((0, 0), (1, 0), (1, 8 << 20)):
        monkeypatch.setattr("kinema.data.video.packets.KEPT_BYTES", kept)
        with VideoFile(path, threads) as video:
            assert len(video) == len(expected) == 45
            assert [time for time, _ in VideoFile(path).frames()] == video.times_seconds.tolist()
            for wanted in ([44], [0], *(random.integers(0, 45, 5) for _ in range(4)), range(20, 30)):
                assert np.array_equal(video.read(wanted), [expected[k] for k in wanted])
            assert video._promised is not None  # no frame broke its promise
            assert video.noticed == video.warnings == ()


def test_few_frames_are_decoded(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", 120, How(options={"x264-params": "keyint=12:scenecut=0:bframes=3"}))
    with Decoder(path, threads=1) as decoder:
        packets = promised(decoder)
    assert packets is not None
    assert packets.entries == tuple(range(0, 120, 12))
    assert len(packets.needed([60])) == 1  # a frame at which a group begins needs no other
    assert max(len(packets.needed([k])) for k in range(120)) <= 12
    assert sum(packets.unneeded) >= 40
    assert len(packets.needed(range(120))) == 120


def test_a_video_that_is_read_again_and_again_is_kept(tmp_path: Path) -> None:
    with VideoFile(encode(tmp_path / "a.mp4", 30)) as video:
        first = video.read(range(30))
        assert video._index is None
        assert all(np.array_equal(video.read(range(30)), first) for _ in range(3))
        assert video._index is not None


def test_a_broken_promise_is_noticed_when_it_matters(tmp_path: Path) -> None:
    path = damaged(tmp_path, 29, b"\xff")
    expected = decoded(path)
    with open_video(path, threads=1) as video:
        assert len(video) == 60
        assert np.array_equal(video.read([3, 50]), encoded_frames(tmp_path, [3, 50]))
        assert video.noticed == ()
        with pytest.raises(VideoError, match=r"stops after 29 frames of the 60 .*frame 30 was asked for"):
            video.read([3, 30])
        assert len(video) == len(expected) == 29
        assert np.array_equal(video.read([3, 28]), [expected[3], expected[28]])
        assert "stops after 29 frames" in video.noticed[0]


def encoded_frames(folder: Path, numbers: list[int]) -> np.ndarray:
    """Frames of the same video without damage."""
    path = encode(folder / "whole.mp4", 60, How(options={"x264-params": "keyint=12:scenecut=0:bframes=0"}))
    return np.array([decoded(path)[number] for number in numbers])


@pytest.mark.parametrize("kept", [0, 8 << 20])
def test_readings_that_take_turns_have_decoders_of_their_own(
    tmp_path: Path, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinema.data.video.packets.KEPT_BYTES", kept)
    monkeypatch.setattr("kinema.data.video.index.KEEP_BYTES", 0)
    path = encode(tmp_path / "a.mp4", 40, How(options={"x264-params": "keyint=12:bframes=0"}))
    expected = decoded(path)
    with VideoFile(path, 1) as video:
        for first, other, last in np.random.default_rng(0).integers(0, 40, (12, 3)):
            first, last = sorted((int(first), int(last)))
            one = video.pictures([first, last] if first < last else [first])
            assert np.array_equal(next(one)[1], expected[first])
            assert np.array_equal(video.read([other])[0], expected[other])
            assert all(np.array_equal(picture, expected[last]) for _, picture in one)
        assert video._packets is not None
        video.close()
        assert np.array_equal(video.read([7])[0], expected[7])
        assert video._packets is not None


def test_nothing_stays_open(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", 40)

    def opened() -> int:
        return sum(link.resolve() == path for link in Path("/proc/self/fd").iterdir())

    video = VideoFile(path, 1)
    some = video.pictures([3, 20])
    next(some)
    some.close()
    video.close()
    assert opened() == 0


@pytest.mark.parametrize("look", ["warnings", "frames"])
def test_who_goes_through_the_whole_file_finds_all_damage(tmp_path: Path, look: str) -> None:
    with open_video(damaged(tmp_path, 29, b"\xff"), threads=1) as video:
        assert len(video) == 60
        if look == "warnings":
            assert "stops after 29" in video.warnings[0]
        else:
            assert len(list(video.frames())) == 29
        assert len(video) == 29


def test_zeros_in_a_packet_show_at_once(tmp_path: Path) -> None:
    with open_video(damaged(tmp_path, 29, b"\0")) as video:
        assert len(video) == 29
        assert "stops after 29" in video.noticed[0]


@pytest.mark.parametrize("name", ["a.avi", "a.ts", "a.webm"])
def test_other_files_promise_nothing(tmp_path: Path, name: str) -> None:
    how = {"a.avi": How("mpeg4"), "a.ts": How(), "a.webm": How("libvpx-vp9")}[name]
    with Decoder(encode(tmp_path / name, 10, how)) as decoder:
        assert promised(decoder) is None
