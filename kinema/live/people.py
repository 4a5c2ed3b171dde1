"""What each person before a camera does: boxes of a detector that is plugged in, tracks, and an answer a track.

Axes: T frames, H rows, W columns, C channels, M boxes, N people.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from kinema.data.transforms.boxes import Box
from kinema.data.transforms.inputs import to_input
from kinema.data.transforms.resize import cut, resize
from kinema.detection.boxes import Boxes, visible
from kinema.detection.evaluate import SURE
from kinema.detection.follow import joined
from kinema.detection.people import checked
from kinema.errors import KinemaError, ModelError
from kinema.inference.engines.choose import engine_of
from kinema.inference.source import Source, clip_seconds_of, opened
from kinema.inference.windows import window_seconds
from kinema.live.inbox import Frame
from kinema.live.judge import Answer, Problem, labels_of, scores_of
from kinema.models.clip import ClipSpec

Detector = Callable[[np.ndarray], Any]  # T H W 3 in uint8 -> T pairs of boxes (M 4, pixels) and scores (M)
ROOM = 1.25  # a crop is so much larger than the person's boxes
MOST_ROWS = 720  # of pictures that are kept


@dataclass
class Track:
    """A person: their last boxes, and how many frames ago the last of them was."""

    boxes: deque[np.ndarray]
    unseen: int = 0


@dataclass
class View:
    """What is remembered of a camera: its last pictures and the people in them, by number."""

    pictures: deque[torch.Tensor]
    tracks: dict[int, Track] = field(default_factory=dict)
    people: int = 0  # that have been before it

    def follow(self, boxes_M4: Boxes, frames: int) -> None:
        """Give each box to the track that it overlaps most, or to a new one; forget who is long unseen."""
        numbers = list(self.tracks)
        before_G4 = np.array([self.tracks[number].boxes[-1] for number in numbers]).reshape(-1, 4)
        given = joined(boxes_M4, before_G4)
        for track in self.tracks.values():
            track.unseen += 1
        for here, box in enumerate(boxes_M4):
            if here in given:
                track = self.tracks[numbers[given[here]]]
            else:
                self.people += 1
                track = self.tracks[self.people] = Track(deque(maxlen=frames))
            track.boxes.append(box)
            track.unseen = 0
        self.tracks = {number: track for number, track in self.tracks.items() if track.unseen <= frames}


class EachPerson:
    """Asks a network what each person does, in crops that hold all boxes of the person in the last clip.

    detector: called with pictures (1 H W 3, uint8), gives for each its boxes (M 4: x1, y1, x2, y2 in pixels) and how
    sure it is of them (M); those below `sure` are left out. Who has been seen in fewer frames than a clip has, or is
    not seen now, is not asked about. A frame at which the detector fails is a `Problem`, and passed over.
    """

    def __init__(
        self, source: Source, detector: Detector, cameras: int, device: str | None = None, engine: str = "torch",
        precision: str = "fp32",
    ) -> None:
        self.network, run = opened(source, device)
        self.spec = self.network.clip
        if self.spec.fields:
            raise ModelError(f"{self.network.name} sees optical flow, which is not found before a camera. Expected a "
                             "network of colours or of differences.")
        self.detector = detector
        self.answer = engine_of(self.network, engine, precision).answer
        self.scores, self.labels = scores_of(source, run), labels_of(self.network)
        self.every_seconds = window_seconds(self.spec, clip_seconds_of(source, run)) / self.spec.frames
        self.views = [View(deque(maxlen=self.spec.frames)) for _ in range(cameras)]
        self.answer(torch.zeros(1, *self.spec.shape_CTHW))  # what is made ready once is ready before the first frame

    def __call__(self, frames: Mapping[int, Frame]) -> list[Answer | Problem]:
        problems: list[Answer | Problem] = []
        asked: list[tuple[int, int, np.ndarray]] = []
        clips = []
        for camera, frame in frames.items():
            view = self.views[camera]
            try:
                boxes_M4 = self.found(frame)
            except KinemaError as error:  # the next frame may be another matter
                problems.append(Problem(camera, str(error)))
                continue
            view.pictures.append(shrunk(torch.from_numpy(frame.picture_HWC)))
            view.follow(boxes_M4, self.spec.frames)
            for number, track in view.tracks.items():
                if track.unseen == 0 and len(track.boxes) == self.spec.frames:
                    asked.append((camera, number, track.boxes[-1]))
                    clips.append(clip_of(list(view.pictures), np.array(track.boxes), self.spec))
        if not clips:
            return problems
        scores_NK = self.scores(self.answer(torch.stack(clips)).numpy())
        return problems + [Answer(camera, scores_K, number, tuple(box.tolist()))
                           for (camera, number, box), scores_K in zip(asked, scores_NK, strict=True)]

    def found(self, frame: Frame) -> Boxes:
        """The boxes (M 4, parts of the picture) that the detector finds."""
        height, width = frame.picture_HWC.shape[:2]
        try:
            answers = list(self.detector(frame.picture_HWC[None]))
        except Exception as error:  # it may be anybody's code
            raise KinemaError(f"The detector of people failed: {type(error).__name__}: {error}.") from error
        if len(answers) != 1:
            raise KinemaError(f"The detector of people gave {len(answers)} answers to one picture.")
        boxes_M4, sure_M = checked(answers[0], height, width)
        return boxes_M4[visible(boxes_M4) & (sure_M >= SURE)]

    def forget(self, camera: int) -> None:
        view = self.views[camera]
        view.pictures.clear()
        view.tracks.clear()


def shrunk(picture_HWC: torch.Tensor) -> torch.Tensor:
    """A picture of MOST_ROWS at most."""
    height, width = picture_HWC.shape[:2]
    if height <= MOST_ROWS:
        return picture_HWC
    return resize(picture_HWC[None], (MOST_ROWS, round(width * MOST_ROWS / height)))[0]


def clip_of(pictures: list[torch.Tensor], boxes_T4: Boxes, spec: ClipSpec) -> torch.Tensor:
    """The clip (C T H W) of one person: the same part of all pictures, in the clip's shape, around all their boxes."""
    height, width = pictures[-1].shape[:2]
    box = around(boxes_T4, (height, width), spec.height / spec.width)
    frames_THWC = torch.cat([resize(cut(picture[None], box), (spec.height, spec.width)) for picture in pictures])
    return to_input(frames_THWC, spec)


def around(boxes_T4: Boxes, picture: tuple[int, int], tall: float) -> Box:
    """The part of a picture that holds boxes with some room, `tall` times as high as wide where there is space."""
    low_2, high_2 = boxes_T4[:, :2].min(0) * picture[::-1], boxes_T4[:, 2:].max(0) * picture[::-1]
    centre_x, centre_y = (low_2 + high_2) / 2
    wide, high = (high_2 - low_2) * ROOM
    high = max(high, wide * tall)
    height, width = min(max(round(high), 1), picture[0]), min(max(round(high / tall), 1), picture[1])
    top = min(max(round(centre_y - height / 2), 0), picture[0] - height)
    left = min(max(round(centre_x - width / 2), 0), picture[1] - width)
    return Box(top, left, height, width)
