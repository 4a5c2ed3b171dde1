"""Small videos made on the spot, and what PyAV itself decodes from a file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from kinema.data.video.decoder import Decoder

TICKS = Fraction(1, 90_000)


def pictures(frames: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Frames that all differ, with a bright corner at the top left: T H W 3."""
    y, x = np.mgrid[:height, :width]
    moving = [np.stack([x * 3 + k * 5, y * 4 + k * 3, x + y + k * 9], -1) % 200 for k in range(frames)]
    video = np.stack(moving).astype(np.uint8)
    video[:, :8, :8] = 255
    return video


@dataclass(frozen=True)
class How:
    """How a video is encoded."""

    codec: str = "libx264"
    pixels: str = "yuv420p"
    height: int = 48
    width: int = 64
    options: dict[str, str] = field(default_factory=dict)
    muxer: str | None = None
    muxer_options: dict[str, str] = field(default_factory=dict)
    turn: float | None = None
    stamps: Sequence[int] | None = None  # in ticks of 1/90000 s
    title: str | None = None


def encode(path: Path, frames: int = 30, how: How | None = None) -> Path:
    """Write a video of 25 frames per second, or with stamps of its own."""
    how = how or How()
    with av.open(f"file:{path}", "w", format=how.muxer, options=how.muxer_options) as container:
        if how.title:
            container.metadata["title"] = how.title
        stream = container.add_stream(how.codec, rate=25, options={"x265-params": "log-level=none", **how.options})
        stream.width, stream.height, stream.pix_fmt = how.width, how.height, how.pixels
        if how.turn is not None:
            stream.set_display_rotation(how.turn)
        if how.stamps:
            stream.codec_context.time_base = TICKS
        for number, picture in enumerate(pictures(frames, how.height, how.width)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if how.stamps:
                frame.pts, frame.time_base = how.stamps[number], TICKS
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def cut(source: Path, path: Path, share: float) -> Path:
    """The first part of a file."""
    content = source.read_bytes()
    path.write_bytes(content[:int(len(content) * share)])
    return path


def decoded(path: Path) -> list[NDArray[np.uint8]]:
    """What PyAV decodes from the first video stream, up to an error, turned by the container's rotation."""
    frames: list[NDArray[np.uint8]] = []
    try:
        with av.open(f"file:{path}", metadata_errors="ignore") as container:
            for frame in container.decode(container.streams.video[0]):
                frames.append(np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)))
    except av.FFmpegError:
        pass
    return frames


def damaged(folder: Path, number: int, fill: bytes) -> Path:
    """A video of one entry in twelve frames, whose packet of some number is overwritten but for its first bytes."""
    path = encode(folder / "a.mp4", 60, How(options={"x264-params": "keyint=12:scenecut=0:bframes=0"}))
    with Decoder(path, threads=1) as decoder:
        packet = bytes([*decoder.undecoded()][number])
    content = path.read_bytes()
    path.write_bytes(content.replace(packet, packet[:6] + fill * (len(packet) - 6)))
    return path
