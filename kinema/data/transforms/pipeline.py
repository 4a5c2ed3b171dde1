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
from kinema.data.transforms.inputs import check_input, to_flow, to_input
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


def shown(
    frames_THWC: Tensor, spec: ClipSpec, box: Box, mirrored: bool = False,
    change: Callable[[Tensor], Tensor] = lambda frames_THWC: frames_THWC,
) -> Tensor:
    """What a box of the frames (T H W C uint8) shows, as a clip (C T H W float32); `change` is done to its colours."""
    clips = []
    if spec.pictured:
        colours_THWC = resize(cut(frames_THWC[..., :3], box), (spec.height, spec.width))
        clips.append(to_input(change(colours_THWC.flip(2) if mirrored else colours_THWC), spec))
    if spec.fields:
        clips.append(to_flow(frames_THWC[..., -2 * spec.fields:], spec, box, mirrored))
    return clips[0] if len(clips) == 1 else torch.cat(clips)


@dataclass(frozen=True)
class TrainTransform:
    """Frames (T H W C uint8), a label and a generator -> a clip (C T H W float32) and its label.

    Frames have three colours, or the fields of flow that the clip has, or both beside each other (`data.moving`).

    The label of a mirrored clip is that of its mirror image: a number, several, or a row of zeros and ones. All frames
    of a clip change alike; without a generator every draw is its middle (and nothing is mirrored).
    """

    spec: ClipSpec
    augment: Augment
    flips: Flips = NO_FLIPS

    def __call__(self, frames_THWC: Tensor, label: Any, generator: Generator | None = None) -> tuple[Tensor, Any]:
        way, target = self.augment, (self.spec.height, self.spec.width)
        box = way.box((frames_THWC.shape[1], frames_THWC.shape[2]), target, generator)
        mirrored = way.flip and one(generator) < 0.5 and may_flip(label, self.flips)

        def change(colours_THWC: Tensor) -> Tensor:
            jittered_THWC = colour_jitter(colours_THWC, way.brightness, way.contrast, way.saturation, generator)
            return randaugment(jittered_THWC, way.randaugment, way.magnitude, generator)

        clip_CTHW = shown(frames_THWC, self.spec, box, mirrored, change)
        coloured = CHANNELS["rgb"] if self.spec.input.startswith("rgb") else 0
        clip_CTHW = erase(clip_CTHW, way.erase, way.erase_span, coloured, generator)
        return clip_CTHW, swap_label(label, self.flips) if mirrored else label


@dataclass(frozen=True)
class TestTransform:
    """Frames (T H W C uint8) -> one clip per crop (V C T H W float32)."""

    __test__ = False  # no test of pytest's
    spec: ClipSpec
    crops: int | str = 1

    def __call__(self, frames_THWC: Tensor) -> Tensor:
        target = self.spec.height, self.spec.width
        crops = MIRRORED.get(self.crops, self.crops)
        picture = frames_THWC.shape[1], frames_THWC.shape[2]
        found = [boxes.of_test(picture, self.spec)] if crops == 1 else TEST_CROPS[crops](picture, target)
        ways = (False, True) if self.crops in MIRRORED else (False,)
        return torch.stack([shown(frames_THWC, self.spec, box, mirrored) for mirrored in ways for box in found])


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
