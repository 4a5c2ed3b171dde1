"""What cannot be read is one clear error; what can be read in part is read, and says so."""

import os
from pathlib import Path

import av
import numpy as np
import pytest

from kinema.data.video import open_video
from kinema.errors import VideoError
from tests.data.encode import How, cut, decoded, encode, pictures

FAST = {"movflags": "faststart"}
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
CUT = {
    "fast.mp4": How(muxer_options=FAST),
    "fragments.mp4": How(options={"g": "10"}, muxer_options=FRAGMENTS),
    "m.mkv": How(),
    "v.webm": How("libvpx-vp9"),
    "t.ts": How(),
    "f.flv": How("flv"),
    "g.gif": How("gif", "rgb8"),
    "j.avi": How("mjpeg", "yuvj420p"),
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_file_gives_its_frames_and_says_so(tmp_path: Path, name: str) -> None:
    whole = encode(tmp_path / name, 60, CUT[name])
    assert open_video(whole).warnings == ()
    path = cut(whole, tmp_path / f"cut-{name}", 0.6)
    expected = decoded(path)
    with open_video(path) as video:
        assert 10 < len(video) == len(expected) < 60
        whole_frames = range(len(video) - 1)  # what the last one shows where it is cut, nobody knows
        assert np.array_equal(video.read(whole_frames), expected[:-1])
        assert len(list(video.frames())) == len(video)
        assert video.warnings
        assert all(text.startswith(("truncated", "damaged")) for text in video.warnings)


def spoil(path: Path, packets: range) -> Path:
    """Copy a file of one stream, with zeros in some packets, which no decoder accepts."""
    with av.open(path) as source, av.open(path.with_stem("spoilt"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(source.streams.video[0])):
            if packet.size:
                copy = av.Packet(bytes(packet.size) if number in packets else bytes(packet))
                copy.pts, copy.dts, copy.time_base, copy.stream = packet.pts, packet.dts, packet.time_base, stream
                copy.is_keyframe = packet.is_keyframe
                target.mux(copy)
    return path.with_stem("spoilt")


def test_damage_in_the_middle_ends_the_video(tmp_path: Path) -> None:
    path = spoil(encode(tmp_path / "a.avi", 60, How("mjpeg", "yuvj420p")), range(30, 31))
    assert len(decoded(path)) == 30
    with open_video(path) as video:
        assert np.array_equal(video.read(range(30)), decoded(path))
        assert len(video) == len(list(video.frames())) == 30
        assert "stops after 30 frames of the 60" in video.warnings[0]


def test_a_recording_that_starts_in_the_middle(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.avi", 60, How("mjpeg", "yuvj420p"))
    with open_video(spoil(whole, range(3))) as video:
        assert np.array_equal(video.read(range(57)), decoded(whole)[3:])
        assert video.warnings == ("damaged: 3 packets before the first frame cannot be decoded",)


CONTENTS = {
    "empty": (b"", "empty"),
    "text": (b"a note, no video\n" * 20, "holds text"),
    "a web page": (b"<!DOCTYPE html>404", "web page"),
    "zeros": (bytes(4000), "begins with zeros"),
    "noise": (np.random.default_rng(0).bytes(9000), "no video that FFmpeg can open"),
    "a playlist": (b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n", "holds text"),
    "a byte": (b"\x00", "begins with zeros"),
    "subtitles": (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 9, "no video stream, only subtitle"),
}


@pytest.mark.parametrize("suffix", [".mp4", ".txt", ".avi", ".mkv", ""])
@pytest.mark.parametrize("kind", CONTENTS)
def test_a_file_that_is_no_video(tmp_path: Path, kind: str, suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(CONTENTS[kind][0])
    expected = "text" if kind in ("text", "subtitles", "a playlist") else CONTENTS[kind][1]
    with pytest.raises(VideoError, match=f"{expected}|no video stream") as caught:
        open_video(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert capfd.readouterr() == ("", "")  # FFmpeg itself stays silent


def test_sound_is_no_video(tmp_path: Path) -> None:
    with av.open(tmp_path / "cover.mp3", "w") as container:
        sound, cover = container.add_stream("libmp3lame", rate=44100), container.add_stream("mjpeg")
        cover.width, cover.height, cover.pix_fmt, cover.disposition = 64, 48, "yuvj420p", 1 << 10
        picture = av.VideoFrame.from_ndarray(pictures(1)[0], format="rgb24")
        container.mux(cover.encode(picture.reformat(format="yuvj420p")))
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1152), np.float32), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 44100, number * 1152
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    with pytest.raises(VideoError, match=r"no video stream, only audio \(.*\), cover art"):
        open_video(tmp_path / "cover.mp3")


def test_a_file_without_its_index(tmp_path: Path) -> None:
    path = cut(encode(tmp_path / "a.mp4", 60), tmp_path / "b.mp4", 0.6)
    with pytest.raises(VideoError, match="cut off: the index at its end"):
        open_video(path)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "match.mp4").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "gone.mp4")
    for path, words in (
        (tmp_path / "mach.mp4", r"no file .*Nearest: match\.mp4"),
        (tmp_path / "no" / "such" / "a.mp4", "of its path there is only"),
        (tmp_path / "match.mp4" / "a.mp4", "of its path there is only"), (tmp_path / "pipe.mp4", "is a pipe"),
        (tmp_path / "link.mp4", "is a link to"), ("https://example.org/a.mp4", "is an address"), ("", "is empty"),
        ("/dev/null", "is a device"), ("a\0b", "no path of a file"), ("x" * 5000, "no path of a file"),
    ):
        with pytest.raises(VideoError, match=words):
            open_video(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    encode(tmp_path / "a.mp4", 1).chmod(0)
    with pytest.raises(VideoError, match="may not be read"):
        open_video(tmp_path / "a.mp4")


def test_a_file_that_changes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinema.data.video.index.KEEP_BYTES", 0)
    video = open_video(encode(tmp_path / "a.mp4", 20))
    assert len(video) == 20
    encode(tmp_path / "a.mp4", 5)
    with pytest.raises(VideoError, match="has changed"):
        video.read([10])
