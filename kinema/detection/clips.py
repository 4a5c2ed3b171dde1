"""Clips around key frames, with the boxes of the people in them.

Axes in names: N clips, M boxes, C channels, T frames, H rows, W columns, K classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd

import numpy as np
import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset

from kinema.data.dataset import Key, ProblemLog
from kinema.data.transforms import Augment, Flips, swap_label, to_input
from kinema.data.transforms.boxes import Box as Cut
from kinema.data.transforms.boxes import one, whole
from kinema.data.transforms.colour import colour_jitter
from kinema.data.transforms.flips import may_flip
from kinema.data.transforms.resize import cut, resize
from kinema.detection.ava import KeyFrame
from kinema.detection.boxes import Boxes, area, mirrored, seen_in, visible
from kinema.detection.centred import around, on_show
from kinema.detection.films import Films
from kinema.errors import DataError, VideoError
from kinema.keyed import keyed_generator
from kinema.models.clip import ClipSpec

TRIES = 10  # crops that are drawn before the whole picture is taken
LEAST_SEEN = 0.25  # of a person's box that a training crop must show, for the label to stay true
STEP = 16  # pixels of a patch of most vision transformers; convolutions take any number
Sample = tuple[Tensor, Tensor, Tensor]  # clip_CTHW, boxes_M4, targets_MK


@dataclass
class TrainingBoxes(Dataset):
    """Key frames as a function of (seed, epoch, index): `boxes[epoch, index]` is (clip_CTHW, boxes_M4, targets_MK).

    Boxes are parts of the clip's picture; those of which a crop shows too little are left out, and a crop that shows
    none is drawn again. A row of targets is 1 for each action of a person. A key frame that cannot be read is written
    down once and replaced by another one, which depends on the same key.
    """

    frames: Sequence[KeyFrame]
    columns: Mapping[int, int]  # of a class's number among the logits
    films: Films
    spec: ClipSpec
    augment: Augment
    flips: Flips
    seed: int
    problems: ProblemLog
    broken: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, key: Key) -> Sample:
        epoch, index = key
        for attempt in range(50):
            generator = keyed_generator(self.seed, epoch, index, attempt)
            chosen = index if attempt == 0 else int(torch.randint(len(self), (), generator=generator))
            if chosen not in self.broken:
                try:
                    return self.sample(self.frames[chosen], generator)
                except VideoError as error:
                    self.broken.add(chosen)
                    self.problems.add(self.frames[chosen].video, str(error), readable=False)
        raise DataError(f"50 key frames in a row could not be read, the last one of {self.frames[chosen].video}.")

    def sample(self, frame: KeyFrame, generator: Generator | None) -> Sample:
        """One clip of a key frame; without a generator every draw is its middle."""
        pictures_THWC = read(self.films, frame, self.spec)
        boxes_M4, targets_MK = np.array(frame.boxes).reshape(-1, 4), self.targets(frame)
        picture = pictures_THWC.shape[1], pictures_THWC.shape[2]
        part, boxes_M4 = crop(boxes_M4, picture, self.spec, self.augment, generator)
        kept_M = torch.from_numpy(visible(boxes_M4))
        pictures_THWC = resize(cut(pictures_THWC, part), (self.spec.height, self.spec.width))
        if self.augment.flip and one(generator) < 0.5 and all(may_flip(row_K, self.flips) for row_K in targets_MK):
            pictures_THWC, boxes_M4 = pictures_THWC.flip(2), mirrored(boxes_M4)
            targets_MK = swap_label(targets_MK, self.flips)
        way = self.augment
        pictures_THWC = colour_jitter(pictures_THWC, way.brightness, way.contrast, way.saturation, generator)
        boxes = torch.from_numpy(boxes_M4).float()
        return to_input(pictures_THWC, self.spec), boxes[kept_M], targets_MK[kept_M]

    def targets(self, frame: KeyFrame) -> Tensor:
        """Zeros and ones, a row a person."""
        targets_MK = torch.zeros(len(frame.boxes), len(self.columns))
        for person, actions in enumerate(frame.actions):
            for action in actions:
                if action in self.columns:
                    targets_MK[person, self.columns[action]] = 1
        return targets_MK


@dataclass
class JudgedBoxes(Dataset):
    """The whole picture of each key frame: `boxes[index]` is (index, clip_CTHW or None, boxes_M4, what is wrong)."""

    frames: Sequence[KeyFrame]
    films: Films
    spec: ClipSpec

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> tuple[int, Tensor | None, Tensor, str]:
        frame = self.frames[index]
        boxes_M4 = torch.tensor(frame.boxes, dtype=torch.float32).reshape(-1, 4).clamp(0, 1)
        try:
            clip_CTHW = whole_clip(read(self.films, frame, self.spec), self.spec)
        except VideoError as error:
            return index, None, boxes_M4, str(error)
        return index, clip_CTHW, boxes_M4, ""


def read(films: Films, frame: KeyFrame, spec: ClipSpec) -> Tensor:
    """The frames around a key frame: T H W 3, uint8."""
    video = films.open(frame.video)
    centre = on_show(video.times_seconds, films.seconds_in(video, frame.seconds))
    return torch.from_numpy(np.ascontiguousarray(video.read(around(spec, video.times_seconds, centre).tolist())))


def crop(
    boxes_M4: Boxes, picture: tuple[int, int], spec: ClipSpec, augment: Augment, generator: Generator | None
) -> tuple[Cut, Boxes]:
    """The part of a picture that a training clip shows, and the boxes in it; those hardly seen have no area left."""
    for _ in range(TRIES):
        part = augment.box(picture, (spec.height, spec.width), generator)
        seen_M4 = seen_in(boxes_M4, picture, part)
        share = part.height * part.width / (picture[0] * picture[1])
        hidden_M = area(seen_M4) * share < LEAST_SEEN * area(boxes_M4)
        seen_M4[hidden_M] = 0
        if visible(seen_M4).any() or generator is None:
            return part, seen_M4
    return whole(picture), seen_in(boxes_M4, picture, whole(picture))


def whole_clip(pictures_THWC: Tensor, spec: ClipSpec) -> Tensor:
    """All of the picture as a clip (C T H W), as large as its short side makes the clip's, or squeezed into the clip.

    Nobody is cut off. The long side is a multiple of 16 pixels, or of as large a part of them as the short side is.
    """
    if spec.crop == "stretch":
        return to_input(resize(pictures_THWC, (spec.height, spec.width)), spec)
    height, width = pictures_THWC.shape[1:3]
    short = min(spec.height, spec.width)
    step, scale = gcd(short, STEP), short / min(height, width)
    sides = [max(round(side * scale / step), 1) * step for side in (height, width)]
    return to_input(resize(pictures_THWC, (sides[0], sides[1])), spec)


def rois(boxes: Sequence[Tensor]) -> Tensor:
    """The boxes of several clips as one tensor M 5, the number of the clip first."""
    numbers = [torch.full((len(boxes_M4), 1), float(clip)) for clip, boxes_M4 in enumerate(boxes)]
    return torch.cat([torch.cat(pair, dim=1) for pair in zip(numbers, boxes, strict=True)])


def join(samples: Sequence[Sample]) -> Sample:
    """A batch: clips_NCTHW, rois_M5 and the targets of all boxes."""
    clips, boxes, targets = zip(*samples, strict=True)
    return torch.stack(clips), rois(boxes), torch.cat(targets)
