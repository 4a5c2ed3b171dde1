"""Frames with the flow that begins at each.

Axes in names: T frames, L fields of a stack, H rows, W columns, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinema.clock import stage
from kinema.data.flow import find_flow, longest, pack
from kinema.data.frames import Frames, StoredFrames
from kinema.models.clip import ClipSpec


@dataclass(frozen=True)
class FoundFlow:
    """The flow from each frame of a part of a video to its next, found when it is asked for.

    The last frame, which has none, repeats that of the one before; a part of a single frame rests. `step` is where the
    next frame lies: of a video that runs backwards, it is the one before (-1), and of one that stands still itself (0).
    """

    frames: Frames
    spec: ClipSpec
    step: int = 1

    @property
    def times_seconds(self) -> np.ndarray:
        """When the first picture of each field is shown."""
        return self.frames.times_seconds

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the video, in words; complete once it was read."""
        return self.frames.warnings

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W 2: fields in 8 bits (`pack`), cut off at `longest`; each is found once, however often it is wanted."""
        last = len(self.times_seconds) - 1
        ends, back = np.unique(np.clip(np.add(indices, self.step), 0, last), return_inverse=True)
        starts = np.clip(ends - self.step, 0, last)
        wanted = np.unique([starts, ends])
        pictures = dict(zip(wanted.tolist(), self.frames.read(wanted.tolist()), strict=True))
        pairs = [(pictures[start], pictures[end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        height, width = pairs[0][0].shape[:2]
        with stage("flow"):
            return pack(find_flow(pairs, self.spec.flow), longest(self.spec, height, width))[back]

    def whole(self) -> StoredFrames:
        """All fields, to be kept."""
        return StoredFrames(self.read(range(len(self.times_seconds))), self.times_seconds, self.warnings)


@dataclass(frozen=True)
class Moving:
    """The frames of a clip of flow: the colours where `pictures` are shown, then right and down of each field.

    A stack holds the fields that begin at a frame and at those after it, `step` apart; beyond the end the last one is
    repeated.
    """

    pictures: Frames | None
    flow: Frames
    fields: int
    step: int = 1

    @property
    def times_seconds(self) -> np.ndarray:
        """When each frame is shown."""
        return self.flow.times_seconds

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the video, in words; complete once the frames were read."""
        return self.flow.warnings

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames."""
        starts_TL = np.asarray(indices, dtype=np.int64)[:, None] + self.step * np.arange(self.fields)
        starts, back = np.unique(starts_TL.clip(0, len(self.times_seconds) - 1), return_inverse=True)
        stack_TLHW2 = self.flow.read(starts.tolist())[back.reshape(starts_TL.shape)]
        stack_THWL2 = np.moveaxis(stack_TLHW2, 1, 3)
        stack_THWC = stack_THWL2.reshape(*stack_THWL2.shape[:3], -1)
        return stack_THWC if self.pictures is None else np.concatenate([self.pictures.read(indices), stack_THWC], 3)


def moving(frames: Frames, spec: ClipSpec, step: int = 1) -> Frames:
    """Frames as clips of `spec` are cut from: as they are, or with the flow that is found in them (see `FoundFlow`)."""
    if not spec.fields:
        return frames
    return Moving(frames if spec.pictured else None, FoundFlow(frames, spec, step), spec.fields, step)
