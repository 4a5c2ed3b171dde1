"""What was found in a video: segments, and the scores over time in which they were found.

Axes: N steps in time, K classes.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Segment:
    """Something that happens from a time to a time, in the video's own clock; `score` is 0 to 1, and 1 of a truth."""

    start_seconds: float
    end_seconds: float
    label: str
    score: float = 1.0

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True)
class Track:
    """Scores (0 to 1) of each class at each window of a video, in their order.

    edges_N2: how surely anything begins and ends at each window's middle, where a trained head says so.
    """

    starts_N: np.ndarray
    ends_N: np.ndarray
    scores_NK: np.ndarray
    edges_N2: np.ndarray | None = None

    @property
    def middles_N(self) -> np.ndarray:
        """The middle of each window, in seconds."""
        return (self.starts_N + self.ends_N) / 2

    @property
    def step_seconds(self) -> float:
        """Seconds from a window to the next, as usual."""
        return float(np.median(np.diff(self.middles_N))) if len(self.starts_N) > 1 else self.lasts_seconds

    @property
    def lasts_seconds(self) -> float:
        """From the start of the first window to the end of the last."""
        return float(self.ends_N[-1] - self.starts_N[0])


@dataclass(frozen=True)
class Timeline:
    """What happens when in a video: its `segments`, by their start, and the `track` of scores they were found in.

    labels: the names of the track's classes. thresholds_K: the score that each must reach. warnings: what was wrong
    with the video, in words.
    """

    video: str
    labels: tuple[str, ...]
    track: Track
    segments: tuple[Segment, ...]
    thresholds_K: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def start_seconds(self) -> float:
        """When the video's first frame is shown, in its own clock."""
        return float(self.track.starts_N[0])

    @property
    def end_seconds(self) -> float:
        """When its last frame ends."""
        return float(self.track.ends_N[-1])

    def of(self, label: str) -> tuple[Segment, ...]:
        """The segments of one label."""
        return tuple(segment for segment in self.segments if segment.label == label)
