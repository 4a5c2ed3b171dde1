"""Cutting segments out of a video: its packets copied where a key frame is near, else encoded anew."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from kinema.data.video import Video, open_video
from kinema.data.video.shape import pixel_width, stream_like
from kinema.errors import KinemaError, VideoError
from kinema.explain.film import even
from kinema.files import write_atomic
from kinema.timeline.segments import Segment

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".ts": "mpegts"}
TICKS = 90_000  # of a second, in which frames that are encoded keep their times
AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
CLOSE = 1e-3  # second by which times that are meant to be the same may differ


@dataclass(frozen=True)
class Cut:
    """A clip that was cut: its file, its segment, and where it begins and ends in the video's clock.

    copied: whether its packets are those of the video; else they were encoded anew, and `reason` says why.
    """

    path: Path
    segment: Segment
    start_seconds: float
    end_seconds: float
    copied: bool
    reason: str = ""


def cut(
    video: str | Path, segments: Sequence[Segment], folder: str | Path, slack_seconds: float = 1.0,
    pad_seconds: float = 0.0,
) -> list[Cut]:
    """Write each segment of a video as a clip of its own into a folder, with its sound.

    Packets are copied, at no loss and in no time, from the last key frame before a segment where that is at most
    `slack_seconds` early; otherwise the segment is encoded anew and begins on its very frame. pad_seconds: so much more
    before and after.
    """
    video, folder = Path(video), Path(folder)
    if slack_seconds < 0 or pad_seconds < 0:
        raise KinemaError(f"Seconds to begin early ({slack_seconds:g}) and to add ({pad_seconds:g}) are 0 or more.")
    made = []
    with open_video(video) as frames:
        if not video.is_file():
            raise VideoError(f"{video} is a folder of pictures; clips are cut out of files.")
        keys = key_times(video)
        first, last = float(frames.times_seconds.min()), float(frames.times_seconds.max()) + 1 / frames.fps
        for number, segment in enumerate(segments, 1):
            start = max(segment.start_seconds - pad_seconds, first)
            end = max(min(segment.end_seconds + pad_seconds, last), start)
            label = re.sub(r"[^\w.-]+", "_", segment.label)
            name = f"{video.stem}-{number:03}-{label}"
            before = [key for key in keys if key <= start + CLOSE] or keys[:1]
            early = max(start - before[-1], 0.0) if before else None
            reason = "no key frames are marked" if early is None else f"the key frame before it is {early:.1f} s early"
            if early is not None and early <= slack_seconds + 1e-6:
                ending = video.suffix.lower() if video.suffix.lower() in CONTAINERS else ".mkv"
                path = folder / f"{name}{ending}"
                try:
                    write_atomic(path, lambda out, at=before[-1], until=end, form=CONTAINERS[ending]:  # type: ignore[misc]
                                 copied(video, out, at, until, form))
                    made.append(Cut(path, segment, before[-1], end, True))
                    continue
                except (av.error.FFmpegError, ValueError, VideoError) as error:
                    reason = f"its packets could not be copied ({error})"
            path = folder / f"{name}.mp4"
            write_atomic(path, lambda out, at=start, until=end: encoded(frames, video, out, at, until))  # type: ignore[misc]
            made.append(Cut(path, segment, start, end, False, reason))
    return made


def key_times(path: Path) -> list[float]:
    """When each key frame of the video is shown, in seconds; none where the file does not say."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return sorted(float(packet.pts * packet.time_base) for packet in container.demux(stream)
                      if packet.is_keyframe and packet.pts is not None and packet.time_base is not None)


def copied(path: Path, out: Path, start: float, end: float, container: str) -> None:
    """Copy the packets of the first video and audio stream, from the key frame at `start` on."""
    with av.open(str(path)) as source, av.open(str(out), "w", format=container) as target:
        video = source.streams.video[0]
        shape = video.sample_aspect_ratio or 1
        streams: dict[int, Any] = {video.index: stream_like(video, target)}
        for sound in source.streams.audio[:1]:
            streams[sound.index] = target.add_stream_from_template(sound)
        seek_before(source, video, start)
        begun, over = False, set[int]()
        for packet in ordered(source.demux([source.streams[index] for index in streams]), video.index):
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                if packet.size:
                    raise ValueError("some have no time")
                continue
            index = packet.stream.index
            if packet.dts * packet.time_base >= end - CLOSE:
                over.add(index)
                if len(over) == len(streams):
                    break
                continue
            if packet.pts * packet.time_base < start - CLOSE:
                continue
            if index == video.index and not begun:
                begun = True
                if packet.pts * packet.time_base > start + CLOSE:
                    raise ValueError("its key frame is not found again")
            shift = round(start / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = streams[index]
            target.mux(packet)
    with open_video(out) as check, av.open(str(out)) as made:
        next(check.frames())
        if (made.streams.video[0].sample_aspect_ratio or 1) != shape:  # Matroska's head is not told it
            raise ValueError("the shape of its pixels is lost")


def seek_before(source: Any, video: Any, start: float) -> None:
    """Go to where the packet of a time, or one before it, comes next; a transport stream may be sought too far."""
    base = video.time_base or Fraction(1)
    least = video.start_time or 0
    for early in (0, 2, 10, 60):
        place = max(round((start - early) / base), least)
        source.seek(place, stream=video)
        first = next((packet for packet in source.demux(video) if packet.pts is not None), None)
        if first is not None and first.pts * base <= start + CLOSE:
            break
    source.seek(place, stream=video)


def ordered(packets: Iterator[Any], index: int) -> Iterator[Any]:
    """The packets, those of a stream with the times of decoding that Matroska leaves out before B-frames."""
    waiting: list[Any] = []
    for packet in packets:
        if packet.stream.index == index and packet.size:
            if packet.dts is None:
                waiting.append(packet)
                continue
            for number, early in enumerate(waiting):
                early.dts = packet.dts - (len(waiting) - number) * max(packet.duration or 1, 1)
                yield early
            waiting = []
        yield packet
    yield from waiting


def encoded(frames: Video, path: Path, out: Path, start: float, end: float) -> None:
    """Encode the frames of a part of a video as H.264, at their own times, and copy the sound."""
    times_T = frames.times_seconds
    inside_T = np.flatnonzero((times_T >= start - 1e-6) & (times_T < end))
    if not len(inside_T):
        raise VideoError(f"{path} has no frame from {start:.2f} to {end:.2f} s.")
    name, options = ("libx264", {"preset": "veryfast", "crf": "18"}) if "libx264" in av.codecs_available else (
        "mpeg4", {"qmin": "2", "qmax": "4"})
    first = float(times_T[inside_T[0]])
    with av.open(str(out), "w", format="mp4") as target:
        stream: Any = target.add_stream(name, rate=Fraction(frames.fps).limit_denominator(1001), options=options)
        stream.height, stream.width = (side + side % 2 for side in (frames.height, frames.width))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.sample_aspect_ratio = pixel_width(frames)
        stream.codec_context.time_base = Fraction(1, TICKS)
        sound = list(sounds(path, first, end, target))
        last = -1
        for number, picture_HWC in frames.pictures(inside_T.tolist()):
            frame = av.VideoFrame.from_ndarray(even(picture_HWC), format="rgb24")
            last = max(round((float(times_T[number]) - first) * TICKS), last + 1)
            frame.pts, frame.time_base = last, Fraction(1, TICKS)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        for packet in sound:
            target.mux(packet)


def sounds(path: Path, start: float, end: float, target: Any) -> Iterator[Any]:
    """The packets of the first audio stream in a part of a file; coded as AAC where MP4 does not take its codec."""
    with av.open(str(path)) as source:
        for stream in source.streams.audio[:1]:
            if stream.codec_context.name not in ("aac", "mp3", "mp3float", "ac3", "opus"):
                yield from as_aac(source, stream, start, end, target)
                return
            made = target.add_stream_from_template(stream)
            source.seek(round(start / (stream.time_base or 1)), stream=stream)
            for packet in source.demux(stream):
                if packet.pts is None or packet.time_base is None or packet.pts * packet.time_base < start:
                    continue
                if packet.pts * packet.time_base >= end:
                    return
                shift = round(start / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.pts - shift, made
                yield packet


def as_aac(source: Any, stream: Any, start: float, end: float, target: Any) -> Iterator[Any]:
    """The packets of an audio stream in a part of a file, coded anew; sound that is broken is left out."""
    own = stream.codec_context.sample_rate
    rate = own if own in AAC_RATES else AAC_RATES[-1]
    made, resampler = target.add_stream("aac", rate=rate, layout="stereo"), av.AudioResampler("fltp", "stereo", rate)
    source.seek(round(max(start - 1, 0) / (stream.time_base or 1)), stream=stream)
    with suppress(av.error.FFmpegError):
        for frame in source.decode(stream):
            if frame.time is None or frame.time < start - CLOSE:
                continue
            if frame.time >= end:
                break
            for samples in resampler.resample(frame):
                samples.pts, samples.time_base = round((frame.time - start) * rate), Fraction(1, rate)
                yield from made.encode(samples)
    yield from made.encode()
