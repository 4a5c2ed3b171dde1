"""Judging a detector on annotated key frames."""

from collections.abc import Sequence
from dataclasses import dataclass

from kinema.detection.ava import BoxRow, Key, KeyFrame, key_frames
from kinema.detection.detector import Detector
from kinema.detection.films import Films
from kinema.detection.frame_map import FrameMAP, frame_map
from kinema.detection.predict import predict
from kinema.errors import DataError
from kinema.machine import Machine

SURE = 0.8  # how sure a detector of people must be of a box (Feichtenhofer et al., arXiv:1812.03982, section 5)


@dataclass(frozen=True)
class Truth:
    """An annotation: its rows, and the key frames that are not judged."""

    rows: Sequence[BoxRow]
    excluded: frozenset[Key] = frozenset()

    @property
    def frames(self) -> list[KeyFrame]:
        """The people at the key frames that are judged."""
        return key_frames(self.rows, self.excluded)


@dataclass(frozen=True)
class Judged:
    """How well a detector did, its results, and path and problem of the key frames that could not be read."""

    measure: FrameMAP
    rows: list[BoxRow]
    broken: list[tuple[str, str]]


def evaluate(
    detector: Detector, truth: Truth, classes: dict[int, str], films: Films, machine: Machine,
    people: Sequence[KeyFrame] | None = None, quiet: bool = False,
) -> Judged:
    """Frame mAP of the actions found in the boxes of `people`, or else in the annotated ones.

    Annotated boxes make the task easier than any published figure has it; say which were used. DataError where there
    is no box to ask about.
    """
    frames = truth.frames if people is None else [frame for frame in people if frame.key not in truth.excluded]
    if not frames:
        raise DataError("There is no box to ask about, at the key frames that are judged and as sure as asked.")
    rows, broken = predict(detector, frames, films, classes, machine, quiet)
    return Judged(frame_map(truth.rows, rows, classes, truth.excluded), rows, broken)


def sure(frames: Sequence[KeyFrame], least: float) -> list[KeyFrame]:
    """The boxes of which a detector of people was `least` sure or more; key frames without any are left out."""
    found = [frame.of([number for number, score in enumerate(frame.scores) if score >= least]) for frame in frames]
    return [frame for frame in found if frame.boxes]
