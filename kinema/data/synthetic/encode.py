"""Frames to a video file, each coded by itself at one quality, so that a file keeps no trace of its frames' order."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av

from kinema.data.synthetic.shapes import Array


@cache
def encoder() -> tuple[str, dict[str, str]]:
    """The encoder at hand and its options: a key frame every frame, a constant quantiser, nothing looking ahead."""
    if "libx264" in av.codecs_available:
        return "libx264", {"preset": "ultrafast", "qp": "20", "g": "1"}
    return "mpeg4", {"qmin": "2", "qmax": "2", "g": "1"}


def write_mp4(path: Path, frames_THWC: Array, fps: float) -> None:
    """Write uint8 frames as an MP4 file that any player shows."""
    name, options = encoder()
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream(name, rate=Fraction(fps).limit_denominator(1001), options=dict(options))
        stream.height, stream.width = frames_THWC.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for frame_HWC in frames_THWC:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_HWC, format="rgb24")))
        container.mux(stream.encode())
