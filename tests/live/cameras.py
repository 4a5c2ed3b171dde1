"""Cameras for tests: films that turn bright for a while, and an RTSP server that plays one and can be cut."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from kinema.live.inbox import Frame
from kinema.live.judge import Answer

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")
DARK, BRIGHT = 40, 200


def film(
    path: Path, seconds: float, bright: tuple[float, float] = (0, 0), size: tuple[int, int] = (160, 120), fps: int = 25,
    key_frames: int = 25, every: float = float("inf"), pixel_width: Fraction | int = 1,
) -> Path:
    """A video of a grey picture with a square that wanders, bright from one second to another.

    every: seconds after which it is as bright again; the first half of each is dark, the second bright.
    """
    width, height = size
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = key_frames
        stream.codec_context.sample_aspect_ratio = pixel_width
        for number in range(round(seconds * fps)):
            second = number / fps
            level = BRIGHT if bright[0] <= second < bright[1] or second % every >= every / 2 else DARK
            picture = np.full((height, width, 3), level, np.uint8)
            left = 2 * number % (width - 20)
            picture[20:40, left : left + 20] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


class Brightness:
    """A judge whose classes are "dark" and "bright": how bright a picture is, of 1."""

    labels = ("dark", "bright")

    def __init__(self, every_seconds: float = 0.04) -> None:
        self.every_seconds = every_seconds
        self.forgotten: list[int] = []

    def __call__(self, frames: Mapping[int, Frame]) -> list[Answer]:
        means = {camera: float(np.mean(frame.picture_HWC)) / 255 for camera, frame in frames.items()}
        return [Answer(camera, np.array([1 - mean, mean])) for camera, mean in means.items()]

    def forget(self, camera: int) -> None:
        self.forgotten.append(camera)


def needs_rtsp() -> None:
    """Skip where GStreamer's RTSP server is absent."""
    try:
        found = subprocess.run([SYSTEM_PYTHON, str(SERVER), "--check"], capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"there is no {SYSTEM_PYTHON}: {error}")
    if found.returncode:
        pytest.skip("GStreamer's RTSP server is absent: apt-get install gir1.2-gst-rtsp-server-1.0 "
                    f"gstreamer1.0-plugins-good python3-gi ({found.stderr.strip().splitlines()[-1]})")


@contextmanager
def serving(path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """An RTSP server that plays a film at rtsp://127.0.0.1:PORT/camera; killing it cuts the stream."""
    server = subprocess.Popen([SYSTEM_PYTHON, str(SERVER), str(path), str(port)], stdout=subprocess.PIPE, text=True,
                              stderr=sys.stderr)
    assert server.stdout
    assert server.stdout.readline().strip() == str(port)
    try:
        yield server
    finally:
        server.kill()
        server.wait()
