"""What a network says of the cameras' frames. Axes: N cameras, H rows, W columns, C channels, K classes."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from kinema.data.video.video import Picture
from kinema.evaluation.calibration import Calibration
from kinema.inference.source import Source, several_labels
from kinema.inference.stream import Stream
from kinema.live.inbox import Frame
from kinema.models import Network
from kinema.runs import Run


class Answer(NamedTuple):
    """The scores (K) of a camera's frame; of one person in it, that person's number and box (parts of the picture)."""

    camera: int
    scores_K: np.ndarray
    person: int | None = None
    box: tuple[float, ...] | None = None


class Problem(NamedTuple):
    """Why nothing can be said of a camera's frame."""

    camera: int
    reason: str


class Judge(Protocol):
    """Looks at frames of several cameras, by the camera's number. `every_seconds`: how far its frames are apart."""

    labels: tuple[str, ...]
    every_seconds: float

    def __call__(self, frames: Mapping[int, Frame]) -> Sequence[Answer | Problem]:
        """What it says of them."""

    def forget(self, camera: int) -> None:
        """A camera was away: what it showed before does not lead to what it shows now."""


class WholePicture:
    """Asks a network what happens in each camera's picture; all go through it together.

    A camera that has no new frame shows its last one again, and is not asked about. One that has just come (back) is
    not asked about either, until it has shown as many frames as a clip has.
    """

    def __init__(
        self, source: Source, cameras: int, device: str | None = None, engine: str = "torch", precision: str = "fp32"
    ) -> None:
        self.stream = Stream(source, cameras, device, engine, precision, recent=True)
        network = self.stream.network
        self.labels, self.every_seconds = labels_of(network), self.stream.frame_seconds
        self.scores = scores_of(source, self.stream.run)
        self.shown: list[Picture] = [np.zeros((16, 16, 3), np.uint8)] * cameras
        self.seen = [0] * cameras
        self.push()  # what is made ready once is ready before the first frame
        self.stream.reset()

    def __call__(self, frames: Mapping[int, Frame]) -> list[Answer]:
        for camera, frame in frames.items():
            self.shown[camera] = frame.picture_HWC
            self.seen[camera] += 1
        scores_NK = self.scores(self.push())
        return [Answer(camera, scores_NK[camera]) for camera in frames
                if self.seen[camera] >= self.stream.network.clip.frames]

    def push(self) -> np.ndarray:
        """The logits (N K) of what the cameras show."""
        return np.atleast_2d(self.stream.push(self.shown if len(self.shown) > 1 else self.shown[0]))

    def forget(self, camera: int) -> None:
        self.seen[camera] = 0


def labels_of(network: Network) -> tuple[str, ...]:
    """The names of a network's classes."""
    return network.labels or tuple(f"class {k}" for k in range(network.classes))


def scores_of(source: Source, run: Run | None) -> Callable[[np.ndarray], np.ndarray]:
    """What makes logits N K into scores from 0 to 1: tempered, as the run's validation taught."""
    several = several_labels(source, run)
    temperature = Calibration.of(run.path).temperature if run else 1.0

    def scores(logits_NK: np.ndarray) -> np.ndarray:
        tempered_NK = logits_NK.astype(np.float64) / temperature
        if several:
            return 1 / (1 + np.exp(-tempered_NK))
        powers_NK = np.exp(tempered_NK - tempered_NK.max(1, keepdims=True))
        return powers_NK / powers_NK.sum(1, keepdims=True)

    return scores
