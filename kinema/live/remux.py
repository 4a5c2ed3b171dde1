"""Packets of a camera written into a file as they are; pictures that are not coded, coded."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from kinema.data.synthetic.encode import encoder
from kinema.data.video.shape import stream_like
from kinema.files import write_atomic

RAW = ("rawvideo", "wrapped_avframe")  # codecs of pictures as they are
MP4 = ("h264", "hevc", "mpeg4", "av1")  # what players expect in an .mp4; Matroska holds the others
TICK = Fraction(1, 90_000)  # second
KEY_FRAMES = 25  # from one key frame to the next, where pictures are coded here


class Encoder:
    """Codes pictures as they come, quickly; `stream` is the head of what it makes.

    pixel_width: how wide a pixel is shown beside its height.
    """

    def __init__(self, pixel_width: Fraction) -> None:
        self.name, _ = encoder()
        self.pixel_width = pixel_width
        self.holder = av.open(io.BytesIO(), "w", format="matroska")
        self.stream: Any = None

    def __call__(self, frame: av.VideoFrame, seconds: float) -> list[Any]:
        """The packets of a picture."""
        if self.stream is None:
            quick = {"preset": "ultrafast", "tune": "zerolatency"} if self.name == "libx264" else {}
            self.stream = self.holder.add_stream(self.name, rate=25, options=quick)
            self.stream.width, self.stream.height = frame.width // 2 * 2, frame.height // 2 * 2
            self.stream.pix_fmt, self.stream.codec_context.time_base = "yuv420p", TICK
            self.stream.codec_context.gop_size = KEY_FRAMES
            self.stream.codec_context.sample_aspect_ratio = self.pixel_width
            self.holder.start_encoding()
        even = frame.reformat(self.stream.width, self.stream.height, format="yuv420p")
        even.pts, even.time_base, even.pict_type = round(seconds / TICK), TICK, 0
        return self.stream.encode(even)


def suffix_of(template: Any) -> str:
    """The ending of a file that holds what a camera sends."""
    return ".mp4" if template.codec_context.name in (*MP4, "libx264") else ".mkv"


def write_packets(path: Path, template: Any, packets: Sequence[Any]) -> None:
    """Write packets, the first of them a key frame, into a file that begins at 0."""
    def write(unfinished: Path) -> None:
        with av.open(str(unfinished), "w", format="mp4" if path.suffix == ".mp4" else "matroska") as container:
            stream = stream_like(template, container)
            stamps = [packet.dts if packet.dts is not None else packet.pts for packet in packets]
            first, last = next((stamp for stamp in stamps if stamp is not None), 0), -1
            for packet, stamp in zip(packets, stamps, strict=True):
                if stamp is None:
                    continue
                last = max(stamp - first, last + 1)  # stamps must rise
                copy = av.Packet(bytes(packet))
                copy.dts, copy.pts = last, max((packet.pts if packet.pts is not None else stamp) - first, last)
                copy.time_base, copy.is_keyframe, copy.stream = packet.time_base, packet.is_keyframe, stream
                container.mux(copy)

    write_atomic(path, write)
