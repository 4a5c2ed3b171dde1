"""Frames that torchcodec decodes are those of PyAV, by number and time."""

from pathlib import Path

import numpy as np
import pytest

from kinema.data.video import open_video
from kinema.errors import KinemaError
from tests.data.encode import How, decoded, encode


def usable() -> bool:
    """Whether torchcodec is there, and fits the installed PyTorch."""
    try:
        import torchcodec.decoders  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        return False
    return True


@pytest.mark.skipif(not usable(), reason="torchcodec is not installed, or does not fit the installed PyTorch")
@pytest.mark.parametrize(("name", "how"), [("a.mp4", How(options={"g": "12"})), ("phone.mp4", How(turn=-90)),
                                           ("a.ts", How())])
def test_frames_are_those_of_pyav(tmp_path: Path, name: str, how: How) -> None:
    path = encode(tmp_path / name, 40, how)
    expected = decoded(path)
    with open_video(path, device="cpu") as video:
        assert len(video) == 40
        assert np.array_equal(video.read([3, 39, 17]), [expected[3], expected[39], expected[17]])
        assert np.array_equal([picture for _, picture in video.frames()], expected)


@pytest.mark.skipif(not usable(), reason="torchcodec is not installed, or does not fit the installed PyTorch")
def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KinemaError, match="torchcodec cannot decode"):
        open_video(encode(tmp_path / "a.mp4", 5), device="cuda:99").read([0])


def test_without_torchcodec_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinema.data.video.on_device.find_spec", lambda name: None)
    with pytest.raises(KinemaError, match="pip install torchcodec"):
        open_video(encode(tmp_path / "a.mp4", 5), device="cuda")
