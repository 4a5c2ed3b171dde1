"""A video's moving cover. Axes: S moments looked at, K classes."""

import math
import os
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinema.data.video import Video, open_video
from kinema.errors import DataError, KinemaError, VideoError, nearest, some
from kinema.files import write_atomic
from kinema.inference.cover.choose import Choice, choose
from kinema.inference.cover.encode import Kind, encode, kind_of
from kinema.inference.cover.moments import SIDE, moments

if TYPE_CHECKING:
    from kinema.inference.recognizer import Recognizer

THREADS = min(os.cpu_count() or 1, 4)  # that decode


@dataclass(frozen=True)
class Cover:
    """A cover that was written: where, which part of the video it shows and why, and what it is like."""

    path: Path
    choice: Choice
    size_bytes: int
    width: int
    height: int
    fps: float
    pictures: int


def cover(
    video: str | PathLike[str], out: str | PathLike[str], seconds: float = 3.0, max_kb: float = 500,
    run: str | PathLike[str] | None = None, label: str | None = None,
) -> Cover:
    """Write the seconds of a video that tell most as .gif, .webp or .mp4, of at most so many thousand bytes.

    What moves counts, how sharp it is, and with a `run` (a folder, or what else a `Recognizer` takes) how sure its
    network is of a label, or of the one that is named; no cut is inside. A shorter video is shown whole. VideoError
    where it cannot be read, KinemaError where it does not fit, DataError for an unknown label or other wrong values.
    """
    out = Path(out)
    kind = kind_of(out)
    for value, unit in ((seconds, "s"), (max_kb, "KB")):
        if not (math.isfinite(value) and value > 0):
            raise DataError(f"A cover of {value:g} {unit} was asked for; expected a finite number above 0.")
    if label is not None and run is None:
        raise DataError(f"The label {label!r} is looked for by a network: name a run too, whose labels it knows.")
    if Path(video).exists() and out.exists() and out.samefile(video):
        raise KinemaError(f"{out} is the video itself, and would be written over; choose another file.")
    with open_video(video, threads=THREADS, largest=SIDE) as small:
        recognizer = None if run is None else asked(run, label)  # before all of the video is read
        seen, fps = moments(small), min(small.fps, kind.fps)
        scores_S = None if recognizer is None else scores(recognizer, label, video, seen.times_S)
        choice = choose(seen, seconds, 1 / small.fps, scores_S, label is not None)
    pictures = shown(video, choice, fps, kind)
    made = encode(pictures, fps, kind, int(max_kb * 1000))
    write_atomic(out, lambda unfinished: unfinished.write_bytes(made.data))
    return Cover(out, choice, len(made.data), made.width, made.height, made.fps, len(pictures))


def shown(path: str | PathLike[str], choice: Choice, fps: float, kind: Kind) -> list[np.ndarray]:
    """The pictures of a stretch, so many a second, none larger than a cover may be."""
    count = max(round((choice.end_seconds - choice.start_seconds) * fps), 1)
    times = choice.start_seconds + (np.arange(count) + 0.25) / fps  # not where rounding decides which frame it is
    with open_video(path, threads=THREADS, largest=kind.side) as video:
        return at_times(video, times)


def at_times(video: Video, times: np.ndarray) -> list[np.ndarray]:
    """The picture on show at each rising time; where a video's length is not known, nothing after them is read."""
    if video.known:
        numbers = video.indices_at(times).tolist()
        found = dict(video.pictures(sorted({*numbers})))
        return [found[number] for number in numbers]
    pictures: list[np.ndarray] = []
    latest: np.ndarray | None = None
    for time, picture_HWC in video.frames():
        while latest is not None and len(pictures) < len(times) and time > times[len(pictures)]:
            pictures.append(latest)
        if len(pictures) == len(times):
            break
        latest = picture_HWC
    if latest is None:
        raise VideoError(f"{video} holds no frame that can be decoded.")
    return pictures + [latest] * (len(times) - len(pictures))


def asked(run: str | PathLike[str], label: str | None) -> "Recognizer":
    """The network that tells what is worth seeing; DataError where it does not know the label."""
    from kinema.inference.recognizer import Recognizer

    recognizer = Recognizer(run)
    if label is not None and label not in recognizer.labels:
        raise DataError(f"{run} knows no label {label!r}.{nearest(label, recognizer.labels)} "
                        f"It knows {some(recognizer.labels)}.")
    return recognizer


def scores(
    recognizer: "Recognizer", label: str | None, video: str | PathLike[str], times_S: np.ndarray
) -> np.ndarray:
    """How sure a network is, at each time, of a label, or of the one that it finds likeliest then."""
    total_S, count_S = np.zeros(len(times_S)), np.zeros(len(times_S))
    for start, end, scores_K in recognizer(video).windows:
        inside = (times_S >= start - 1e-6) & (times_S < end)
        total_S[inside] += scores_K.max() if label is None else scores_K[recognizer.labels.index(label)]
        count_S += inside
    return total_S / np.maximum(count_S, 1)
