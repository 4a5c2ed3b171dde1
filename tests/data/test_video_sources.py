"""Folders of pictures, arrays, and files with odd names."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinema.data.video import open_video
from kinema.errors import VideoError
from tests.data.encode import How, encode, pictures


def save(path: Path, picture: np.ndarray) -> None:
    """Write a picture whose pixels come back as they were."""
    encode_png = av.CodecContext.create("png", "w")
    encode_png.height, encode_png.width, encode_png.pix_fmt = picture.shape[0], picture.shape[1], "rgb24"
    encode_png.time_base = Fraction(1, 25)
    packets = [*encode_png.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")), *encode_png.encode(None)]
    path.write_bytes(b"".join(map(bytes, packets)))


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    expected = pictures(12)
    for number, picture in enumerate(expected):
        save(tmp_path / f"frame{number}.png", picture)
    (tmp_path / "notes.txt").write_text("not a picture")
    with open_video(tmp_path, fps=10) as video:
        assert len(video) == 12
        assert np.array_equal(video.read([11, 2, 2]), expected[[11, 2, 2]])
        assert np.array_equal([picture for _, picture in video.frames()], expected)
        assert np.allclose(video.times_seconds, np.arange(12) / 10)
        assert video.fps == pytest.approx(10)
        assert video.warnings == ()


def test_a_broken_picture_is_replaced_and_said(tmp_path: Path) -> None:
    for number, picture in enumerate(pictures(4)):
        save(tmp_path / f"{number}.png", picture)
    (tmp_path / "2.png").write_bytes(b"broken")
    (tmp_path / "7.png").write_bytes(b"")
    save(tmp_path / "3.png", pictures(1, 20, 20)[0])
    with open_video(tmp_path) as video:
        assert len(video) == 4
        assert np.array_equal(video.read([2])[0], pictures(4)[1])
        assert video.read([3]).shape == (1, 48, 64, 3)
        assert [text.split()[0] for text in video.warnings] == ["1", "damaged:", "3.png"]


def test_a_folder_without_pictures_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    with pytest.raises(VideoError, match=r"without pictures.*a\.mp4"):
        open_video(tmp_path)


def test_arrays_are_videos() -> None:
    frames_THWC = pictures(6)
    for source in (frames_THWC, torch.from_numpy(frames_THWC)):
        video = open_video(source, fps=30)
        assert np.array_equal(video.read([5, 1]), frames_THWC[[5, 1]])
        assert (len(video), video.height, video.width) == (6, 48, 64)
        assert video.indices_at([0.0, 0.11]).tolist() == [0, 3]


@pytest.mark.parametrize("shape", [(4, 8, 8), (0, 8, 8, 3), (4, 8, 8, 4)])
def test_other_arrays_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(VideoError, match="T H W 3"):
        open_video(np.zeros(shape, np.uint8))
    with pytest.raises(VideoError, match="float64"):
        open_video(np.zeros((4, 8, 8, 3)))
    with pytest.raises(VideoError, match="'list' came"):
        open_video([1, 2])


NAMES = [
    "-i.mp4", "a b.mp4", "100%d.mp4", "%03d.mp4", "http:x.mp4", "concat:a|b.mp4", "日本 ☃.mp4", "two\nlines.mp4",
    "'\"$HOME.mp4", "no suffix",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    encode(tmp_path / name, 3, How(muxer="mp4"))
    monkeypatch.chdir(tmp_path)
    for path in (name, tmp_path / name):
        assert len(open_video(path)) == 3


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\xff.mp4")
    encode(tmp_path / "a.mp4", 3).rename(tmp_path / name)
    assert len(open_video(tmp_path / name)) == 3
    (tmp_path / name).write_text("text")
    with pytest.raises(VideoError) as caught:
        open_video(tmp_path / name)
    str(caught.value).encode()  # a terminal can print it


def test_a_picture_is_a_video_of_one_frame(tmp_path: Path) -> None:
    save(tmp_path / "frame%03d.png", pictures(1)[0])
    with open_video(tmp_path / "frame%03d.png") as video:
        assert np.array_equal(video.read([0]), pictures(1))


def test_metadata_that_is_not_unicode(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", 3, How(title="QQQQ"))
    path.write_bytes(path.read_bytes().replace(b"QQQQ", b"\xff\xfe\xe9\xff"))
    with pytest.raises(UnicodeDecodeError):
        av.open(path)
    assert len(open_video(path)) == 3
