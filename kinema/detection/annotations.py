"""What a detector learns from, besides a recipe: the lists of boxes and what their videos are."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kinema.detection.ava import KeyFrame, read_classes, read_excluded, read_rows, with_known_actions
from kinema.detection.boxes import visible
from kinema.detection.evaluate import Truth
from kinema.detection.films import AVA_FPS
from kinema.errors import DataError


@dataclass(frozen=True)
class Annotations:
    """The lists beside a recipe's `data`, which is the csv of the boxes to learn.

    labels: a label map; None is AVA's 60 evaluated actions. exclude: key frames to leave out. validation: the csv of
    the boxes that choose the best epoch, and `validation_exclude` its key frames to leave out. offset_seconds, fps: of
    the videos, as in `Films`.
    """

    labels: str | None = None
    exclude: str | None = None
    validation: str | None = None
    validation_exclude: str | None = None
    offset_seconds: float = 0.0
    fps: float = AVA_FPS

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; the inverse is `Annotations(**values)`."""
        return asdict(self)

    @property
    def classes(self) -> dict[int, str]:
        """The actions by number."""
        return read_classes(self.labels)

    @property
    def truth(self) -> Truth:
        """The annotation that judges; there must be one."""
        return read_truth(str(self.validation), self.validation_exclude)


def read_truth(path: str, excluded: str | None) -> Truth:
    """An annotation and its key frames that are not judged."""
    return Truth(read_rows(path), read_excluded(excluded) if excluded else frozenset())


def read_frames(path: str, excluded: str | None, classes: dict[int, str]) -> list[KeyFrame]:
    """The key frames of an annotation, with the boxes that a part of the picture is in.

    DataError where none is left, or none shows any of the classes.
    """
    frames = [shown for frame in read_truth(path, excluded).frames if (shown := inside(frame)).boxes]
    if not frames:
        raise DataError(f"{path} holds no box" + (f" at a key frame that {excluded} leaves." if excluded else "."))
    with_known_actions(frames, classes, path)
    return frames


def inside(frame: KeyFrame) -> KeyFrame:
    """A key frame without the boxes that hold no part of the picture."""
    kept = np.flatnonzero(visible(np.array(frame.boxes).reshape(-1, 4).clip(0, 1))).tolist()
    return frame.of(kept)
