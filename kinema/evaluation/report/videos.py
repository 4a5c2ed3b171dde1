"""Clips as small videos inside the page, and which of them tell most."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from kinema.data.clips import ClipRow
from kinema.data.frames import VideoPart
from kinema.data.video import open_video
from kinema.errors import VideoError
from kinema.evaluation.result import Evaluation

LONGEST_SECONDS, HIGHEST, LOWEST, FASTEST = 3.0, 160, 96, 15.0
CODECS = (("libx264", "mp4", {"crf": "27", "preset": "veryfast", "profile": "main"}),
          ("libvpx-vp9", "webm", {"crf": "38", "b": "0", "cpu-used": "6"}))


@dataclass(frozen=True)
class Scored:
    """A clip, its truth, its best answer (one of the truth's labels, if `right`) and their scores."""

    row: ClipRow
    truth: str
    answer: str
    score: float
    truth_score: float
    right: bool


@dataclass(frozen=True)
class Playable:
    """A video as data addresses: the video itself, its still, its size in pixels, and which part it shows, in words."""

    video: str
    still: str
    width: int
    height: int
    part: str


def scored_clips(evaluation: Evaluation) -> list[Scored]:
    """Every clip of an evaluation, with the scores that users see."""
    predictions, labels = evaluation.predictions, evaluation.predictions.labels
    scores_NK = predictions.scores_NK(evaluation.calibration.temperature)
    clips = []
    for row, scores_K in zip(evaluation.table.rows, scores_NK, strict=True):
        answer = int(scores_K.argmax())
        true = max(row.labels, key=lambda label: scores_K[label], default=answer)
        truth = ", ".join(labels[label] for label in row.labels) or "nothing"
        clips.append(Scored(row, truth, labels[answer], float(scores_K[answer]), float(scores_K[true]),
                            answer in row.labels))
    return clips


def telling(clips: list[Scored], most: int = 6) -> dict[str, list[Scored]]:
    """The surest mistakes, the right answers that were nearly missed, and the surest right answers; all varied."""
    wrong = sorted((clip for clip in clips if not clip.right), key=lambda clip: -clip.score)
    right = sorted((clip for clip in clips if clip.right), key=lambda clip: -clip.score)
    return {"worst": varied(wrong, most), "close": varied(reversed(right), most // 2) if len(right) > most else [],
            "best": varied(right, most)}


def varied(clips: Iterable[Scored], most: int) -> list[Scored]:
    """The first clips in which no mistake comes twice, filled up with those left out."""
    clips, seen = list(clips), Counter[tuple[str, str]]()
    turns = []
    for clip in clips:
        turns.append(seen[clip.truth, clip.answer])
        seen[clip.truth, clip.answer] += 1
    order = sorted(range(len(clips)), key=lambda place: min(turns[place], 1))
    return [clips[place] for place in order[:most]]


def playable(evaluation: Evaluation, row: ClipRow) -> Playable | None:
    """A clip re-encoded small: at most 160 pixels high, 3 s from its middle; None when it cannot be read any more."""
    try:
        with open_video(evaluation.table.path(row), threads=1) as video:
            part = VideoPart(video, row)
            times = np.asarray(part.times_seconds)
            step = float(np.median(np.diff(times))) if len(times) > 1 else 0.2
            fps = min(1 / step if step > 0 else 25.0, FASTEST)
            lasts = len(times) * step
            shown = min(lasts, LONGEST_SECONDS)
            middle = (len(times) - 1) / 2
            wanted = middle + (np.arange(max(1, round(shown * fps))) - (shown * fps - 1) / 2) / (fps * step)
            indices = np.unique(np.clip(np.round(wanted).astype(int), 0, len(times) - 1))
            pictures = [small(picture) for _, picture in video.pictures(part.indices[indices].tolist())]
    except VideoError:
        return None
    part_words = f"{shown:.1f} s from the middle of {lasts:.1f} s" if lasts > shown + 0.2 else f"{lasts:.1f} s"
    encoded = encode(pictures, fps)
    if encoded is None:
        return None
    middle_picture = pictures[len(pictures) // 2]
    return Playable(encoded, still(middle_picture), middle_picture.width, middle_picture.height, part_words)


def small(picture_HWC: np.ndarray) -> VideoFrame:
    """A picture with an even number of rows between 96 and 160 and of columns, as encoders need it."""
    height, width = picture_HWC.shape[:2]
    scale = max(LOWEST, min(HIGHEST, height)) / height
    columns, rows = (max(2, round(side * scale / 2) * 2) for side in (min(width, 4 * height), height))
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture_HWC), format="rgb24")
    return frame.reformat(columns, rows, format="yuv420p", interpolation="BICUBIC")


def encode(pictures: list[VideoFrame], fps: float) -> str | None:
    """The pictures as a data address of a video that browsers play; None when this FFmpeg has no such encoder."""
    for codec, container, options in CODECS:
        if codec not in av.codecs_available:
            continue
        file = BytesIO()
        with av.open(file, "w", format=container) as output:
            rate = Fraction(fps).limit_denominator(1000)
            stream: Any = output.add_stream(codec, rate=rate, options=dict(options))
            stream.width, stream.height, stream.pix_fmt = pictures[0].width, pictures[0].height, "yuv420p"
            for number, picture in enumerate(pictures):
                picture.pts, picture.time_base = number, 1 / rate
                output.mux(stream.encode(picture))
            output.mux(stream.encode(None))
        return f"data:video/{container};base64,{b64encode(file.getvalue()).decode()}"
    return None


def still(picture: VideoFrame) -> str:
    """The picture as a data address of a JPEG."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qscale": "6"}
    frame = picture.reformat(format="yuvj420p")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    return f"data:image/jpeg;base64,{b64encode(data).decode()}"
