"""Frames out of a file, one after the other, as FFmpeg decodes them."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Self

import av
from av.stream import Disposition

from kinema.data.video.paths import shown
from kinema.data.video.reasons import reason, words
from kinema.errors import VideoError

FAILURES = (av.FFmpegError, ValueError, OSError, RuntimeError, NotImplementedError)  # what PyAV raises on bad files
_PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_TEXT_AS_ART = {"tty", "bin", "xbin", "adf", "idf"}  # FFmpeg draws text files as pictures of a terminal


def open_container(path: Path) -> Any:
    """An open PyAV container; a name that looks like a pattern, an option or a protocol is only a name."""
    try:
        if "%" in path.name and path.suffix.lower() in _PICTURES:  # FFmpeg would look for a numbered series
            return av.open(path.open("rb"), metadata_errors="replace")
        return av.open(f"file:{path}", metadata_errors="replace")
    except FAILURES as error:
        raise VideoError(reason(path, error)) from None


def video_streams(path: Path, container: Any) -> list[Any]:
    """The streams that may be videos: cover art and unknown codecs are none."""
    if container.format.name in _TEXT_AS_ART:
        raise VideoError(f"{shown(path)} holds text, not video. Give a video file.")
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    known = [stream for stream in streams if stream.codec_context is not None]
    if known:
        return known
    if streams:
        raise VideoError(f"{shown(path)} holds video in a codec that FFmpeg does not know. Convert it to H.264 (.mp4).")
    held = ", ".join(map(_describe, container.streams))
    besides = f"only {held}" if held else "nor any other"
    raise VideoError(f"{shown(path)} has no video stream, {besides}. Give a file with moving pictures.")


def _describe(stream: Any) -> str:
    picture = stream.type == "video" and stream.disposition & Disposition.attached_pic
    name = stream.codec_context.name if stream.codec_context is not None else None
    return "cover art" if picture else f"{stream.type} ({name})" if name else stream.type


class Decoder:
    """Decodes one video stream of a file (the first, or the `choice`-th) from its beginning, or from where `seek` goes.

    Iterating gives PyAV frames in the order in which the decoder puts them out, which is that of presentation, and ends
    at the first packet that cannot be decoded: what comes after it depends on how the decoder patches up damage.
    Packets that fail before there was any frame (a recording that starts in the middle) are skipped and counted.
    """

    def __init__(self, path: Path, threads: int = 0, choice: int = 0) -> None:
        self.path = path
        self.packets = self.frames = self.skipped = self.corrupt = 0
        self.stopped: str | None = None
        self._container = open_container(path)
        try:
            streams = video_streams(path, self._container)
        except VideoError:
            self._container.close()
            raise
        self.choice, self.choices = choice, len(streams)
        self._stream = streams[choice]
        self.header_frames: int = self._stream.frames
        self.time_base = self._stream.time_base
        self.pixel_width = Fraction(self._stream.sample_aspect_ratio or 1)
        self.container: str = self._container.format.name
        self.codec: Any = self._stream.codec_context
        if threads:
            self.codec.thread_count = threads
            self.codec.thread_type = "FRAME" if threads > 1 else "SLICE"
        self._source = self._packets()
        self._early: list[Any] = []  # the packets that were decoded for the first frame
        self._frames = self._decode()

    def __iter__(self) -> Iterator[av.VideoFrame]:
        return self._frames

    def peek(self) -> av.VideoFrame | None:
        """The first frame, which iterating still gives; None if there is none."""
        first = next(self._frames, None)
        self._frames = chain([] if first is None else [first], self._frames)
        return first

    def seek(self, pts: int) -> None:
        """Go to the key frame at `pts` or one before it (some containers miss: the caller looks where it landed)."""
        self._container.seek(pts, stream=self._stream)
        self._source, self._early, self._frames = self._packets(), [], self._decode()

    def undecoded(self) -> Iterator[Any]:
        """The packets from where the file was opened or gone to, those of a `peek` too, without decoding them."""
        return (packet for packet in chain(self._early, self._source) if packet.size)

    def _decode(self) -> Iterator[av.VideoFrame]:
        for packet in self._source:
            if not self.frames:
                self._early.append(packet)
            yield from self._frames_of(packet)  # holds on to no frame: damaged ones show what their memory held before
            if self.stopped:
                return

    def _frames_of(self, packet: Any) -> list[av.VideoFrame]:
        try:
            frames = packet.decode()
        except FAILURES as error:
            if self.frames or not packet.size:
                self.stopped = words(error)
            else:
                self.skipped += 1
            return []
        self.frames += len(frames)
        self.corrupt += sum(frame.is_corrupt for frame in frames)
        return frames

    def _packets(self) -> Iterator[Any]:
        """The stream's packets; after the last comes an empty one, which drains the decoder."""
        try:
            for packet in self._container.demux(self._stream):
                self.packets += packet.size > 0
                yield packet
        except FAILURES as error:
            self.stopped = words(error)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_first(path: Path, threads: int) -> tuple[Decoder, av.VideoFrame]:
    """The first stream of a file that gives any frame, at its beginning, and that frame."""
    decoder = Decoder(path, threads)
    while (first := decoder.peek()) is None:
        decoder.close()
        if decoder.choice + 1 == decoder.choices:
            raise VideoError(f"{shown(path)} opens, but no frame of it can be decoded. Copy or convert it again.")
        decoder = Decoder(path, threads, decoder.choice + 1)
    return decoder, first
