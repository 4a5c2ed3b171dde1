"""Every file of the collection of awkward videos: frames as PyAV decodes them, or one clear error."""

from pathlib import Path

import numpy as np
import pytest

from kinema.data.video import index, open_video
from kinema.errors import VideoError
from tests.conftest import SHARED
from tests.data.encode import decoded

ZOO = SHARED / "videos" / "zoo"
FILES = sorted(path for path in ZOO.rglob("*") if path.is_file() and path.parent != ZOO and "LICENSE" not in path.name)
LARGE = {"portrait_4k60.mp4", "sample_with_colr_mdcv_and_clli.mp4", "scene_cuts.mp4", "sample_with_color_info.mp4"}
ERRORS = {
    "full_blocks.mkv": r"no video stream, only subtitle \(srt\)",
    "sample_opus.mp4": r"no video stream, only audio \(opus\)",
    "sample_ait.ts": r"no video stream, only audio \(eac3\)", "invalid-bitstream.webm": "no frame of it can be decoded",
}
PARTLY = {"corrupted.mp4": "stops after 28 frames of the 50", "sample.avi": "96 frames of the 98"}
READABLE = [pytest.param(path, id=path.name) for path in FILES if path.name not in ERRORS]


def test_the_collection_is_whole(shared: Path) -> None:
    assert len(FILES) == 54
    assert {path.name for path in FILES} > ERRORS.keys() | PARTLY.keys() | LARGE


@pytest.mark.slow
@pytest.mark.parametrize("path", READABLE)
def test_frames_are_the_decoders(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    expected = decoded(path)
    indices = np.random.default_rng(0).integers(0, len(expected), 6)
    for keep in (index.KEEP_BYTES, 0):
        monkeypatch.setattr(index, "KEEP_BYTES", keep)
        with open_video(path) as video:
            assert len(video) == len(expected)
            clip_THWC = video.read(indices)
            assert all(np.array_equal(picture, expected[k]) for picture, k in zip(clip_THWC, indices, strict=True))
            assert (np.diff(video.times_seconds) > 0).all()
            assert 5 < video.fps < 70
            assert [PARTLY.get(path.name, "none") in text for text in video.warnings] == [True] * len(video.warnings)
            assert bool(video.warnings) == (path.name in PARTLY)


@pytest.mark.parametrize("path", [path for path in FILES if path.name in ERRORS], ids=lambda path: path.name)
def test_what_is_no_video_is_one_clear_error(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VideoError, match=ERRORS[path.name]) as caught:
        open_video(path)
    assert str(caught.value).startswith(str(path))
    assert capfd.readouterr() == ("", "")
