"""What happens to the frames of a clip between its video and its network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from kinema.data.transforms import boxes
from kinema.data.transforms.augment import Augment
from kinema.data.transforms.boxes import Box, Size, one
from kinema.data.transforms.colour import colour_jitter
from kinema.data.transforms.erase import erase
from kinema.data.transforms.flips import NO_FLIPS, Flips, may_flip, swap_label
from kinema.data.transforms.inputs import check_input, to_input
from kinema.data.transforms.randaugment import randaugment
from kinema.data.transforms.resize import cut, resize
from kinema.errors import DataError
from kinema.models.clip import CHANNELS, ClipSpec

TEST_CROPS: dict[int | str, Callable[[Size, Size], list[Box]]] = {
    3: boxes.three,
    5: boxes.five,
    "stretch": lambda picture, target: [boxes.whole(picture)],
}
MIRRORED: dict[int | str, int | str] = {2: 1, 10: 5}  # crops, the second half of which mirror the first
CROPS = (1, 2, 3, 5, 10)


@dataclass(frozen=True)
class TrainTransform:
    """Frames (T H W 3 uint8), a label and a generator -> a clip (C T H W float32) and its label.

    The label of a mirrored clip is that of its mirror image: a number, several, or a row of zeros and ones. All frames
    of a clip change alike; without a generator every draw is its middle (and nothing is mirrored).
    """

    spec: ClipSpec
    augment: Augment
    flips: Flips = NO_FLIPS

    def __call__(self, frames_THWC: Tensor, label: Any, generator: Generator | None = None) -> tuple[Tensor, Any]:
        target = self.spec.height, self.spec.width
        box = self.augment.box((frames_THWC.shape[1], frames_THWC.shape[2]), target, generator)
        frames_THWC = resize(cut(frames_THWC, box), target)
        if self.augment.flip and one(generator) < 0.5 and may_flip(label, self.flips):
            frames_THWC, label = frames_THWC.flip(2), swap_label(label, self.flips)
        way = self.augment
        frames_THWC = colour_jitter(frames_THWC, way.brightness, way.contrast, way.saturation, generator)
        frames_THWC = randaugment(frames_THWC, way.randaugment, way.magnitude, generator)
        coloured = CHANNELS["rgb"] if self.spec.input.startswith("rgb") else 0
        return erase(to_input(frames_THWC, self.spec), way.erase, way.erase_span, coloured, generator), label


@dataclass(frozen=True)
class TestTransform:
    """Frames (T H W 3 uint8) -> one clip per crop (V C T H W float32)."""

    __test__ = False  # no test of pytest's
    spec: ClipSpec
    crops: int | str = 1

    def __call__(self, frames_THWC: Tensor) -> Tensor:
        target = self.spec.height, self.spec.width
        crops = MIRRORED.get(self.crops, self.crops)
        picture = frames_THWC.shape[1], frames_THWC.shape[2]
        found = [boxes.of_test(picture, self.spec)] if crops == 1 else TEST_CROPS[crops](picture, target)
        views = [resize(cut(frames_THWC, box), target) for box in found]
        if self.crops in MIRRORED:
            views += [view.flip(2) for view in views]
        return torch.stack([to_input(view, self.spec) for view in views])


def train_transform(spec: ClipSpec, augment: Augment, flip_labels: Flips = NO_FLIPS) -> TrainTransform:
    """The transform of training clips, called with (frames, label, generator); `flip_labels`: see `flip_label_map`."""
    check_input(spec)
    return TrainTransform(spec, augment, flip_labels)


def test_transform(spec: ClipSpec, crops: int | str = 1) -> TestTransform:  # noqa: PT028 (no test of pytest's)
    """The transform of clips that are judged: call it with frames.

    `crops`: 1 what `spec.crop` says, 3 from end to end of the longer side, 5 the corners and the centre, or "stretch":
    the picture squeezed into the clip, as in training with crop "stretch"; 2 and 10 are 1 and 5 and their mirrors.
    """
    if crops not in (*CROPS, "stretch"):
        raise DataError(f"A test takes {', '.join(map(str, CROPS))} or \"stretch\" crops; {crops!r} came.")
    check_input(spec)
    return TestTransform(spec, crops)


test_transform.__test__ = False  # type: ignore[attr-defined]
