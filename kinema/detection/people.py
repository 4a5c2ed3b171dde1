"""Where the boxes of people in a video come from: a list, a detector that is called, or what moves.

Boxes are M 4, x1, y1, x2, y2, as parts of the picture; with each comes how sure it is, 0 to 1.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from kinema.data.video import Video
from kinema.detection.ava import KeyFrame
from kinema.detection.boxes import Boxes
from kinema.detection.centred import on_show
from kinema.errors import DataError, KinemaError, some

Found = tuple[Boxes, np.ndarray]  # boxes M 4, how sure each is M
AT_ONCE = 8  # pictures that a detector is shown together


class People(ABC):
    """Finds the people at the key frames of a video."""

    def seconds(self, video: Video, every: float) -> list[float]:
        """The key frames: the middles of as many parts of the video as are `every` seconds long, or one part."""
        first, lasts = float(video.times_seconds[0]), video.duration_seconds
        count = max(int(lasts / every + 1e-6), 1)
        step = every if lasts >= every else lasts
        return [first + (number + 0.5) * step for number in range(count)]

    @abstractmethod
    def find(self, video: Video, seconds: Sequence[float]) -> Iterator[Found]:
        """The boxes at each key frame, in their order."""


class Listed(People):
    """Boxes from a list; the key frames are those of the list.

    Its videos are named as the file is, with or without the ending; a list of one video fits any.
    """

    def __init__(self, frames: Sequence[KeyFrame], offset_seconds: float = 0.0) -> None:
        self.frames, self.offset_seconds = frames, offset_seconds

    def of(self, video: Video) -> dict[float, KeyFrame]:
        """The video's key frames by their second in its own clock."""
        named = {frame.video for frame in self.frames}
        path = video.path
        names = {str(path), path.name, path.stem} & named if path else set()
        if not names and len(named) > 1:
            raise DataError(f"The list of boxes has no video {path.stem if path else '?'!r}; it has "
                            f"{some(sorted(named), 5)}.")
        first = float(video.times_seconds[0])
        return {first + frame.seconds - self.offset_seconds: frame for frame in self.frames
                if frame.video in (names or named)}

    def seconds(self, video: Video, every: float) -> list[float]:
        return sorted(self.of(video))

    def find(self, video: Video, seconds: Sequence[float]) -> Iterator[Found]:
        there = self.of(video)
        for second in seconds:
            frame = there[second]
            yield np.array(frame.boxes, np.float64).reshape(-1, 4).clip(0, 1), np.array(frame.scores, np.float64)


class Called(People):
    """Boxes from any detector of people: `detector(frames_THWC)` gives for each of T pictures its boxes and scores.

    frames_THWC: uint8 red, green, blue. It must give T pairs: boxes M 4 (x1, y1, x2, y2 in pixels) and M scores;
    arrays, lists or tensors.
    """

    def __init__(self, detector: Callable[[np.ndarray], Sequence[tuple[Any, Any]]]) -> None:
        self.detector = detector

    def find(self, video: Video, seconds: Sequence[float]) -> Iterator[Found]:
        indices = [on_show(video.times_seconds, second) for second in seconds]
        for first in range(0, len(indices), AT_ONCE):
            few = indices[first : first + AT_ONCE]
            try:
                answers = list(self.detector(video.read(few)))
            except Exception as error:  # it may be anybody's code
                raise KinemaError(f"The detector of people failed: {type(error).__name__}: {error}.") from error
            if len(answers) != len(few):
                raise KinemaError(f"The detector of people gave {len(answers)} answers to {len(few)} pictures.")
            for answer in answers:
                yield checked(answer, video.height, video.width)


def checked(answer: Any, height: int, width: int) -> Found:
    """A detector's answer to one picture of so many pixels as numbers; KinemaError says what is wrong with it."""
    try:
        boxes, scores = answer
        boxes_M4 = np.asarray(boxes, np.float64).reshape(-1, 4) / ([width, height] * 2)
        scores_M = np.asarray(scores, np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise KinemaError(f"The detector of people gave an answer that is no pair of boxes M x 4 and M scores: {error}."
                          ) from error
    if len(boxes_M4) != len(scores_M) or not np.isfinite(boxes_M4).all():
        raise KinemaError(f"The detector of people gave {len(boxes_M4)} boxes with {len(scores_M)} scores; expected as "
                          "many, all finite.")
    return boxes_M4.clip(0, 1), scores_M
