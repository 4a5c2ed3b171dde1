"""A video of any length as clips, read once from beginning to end with bounded memory.

Axes: V views, C channels, T frames, H rows, W columns.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from kinema.data.moving import moving
from kinema.data.sampling import sample_views
from kinema.data.transforms import test_transform
from kinema.data.transforms.boxes import of_test
from kinema.data.transforms.inputs import to_input
from kinema.data.transforms.resize import cut, resize, storage_resize
from kinema.data.video import Video
from kinema.data.video.video import typical_fps
from kinema.models.clip import ClipSpec

USUAL_SECONDS, USUAL_FPS = 10.0, 25.0  # of a clip and a video about which nothing else is known
MOST_FRAMES = 3000  # kept of a window; a longer one is thinned out evenly
LEAST_FRAMES = 4  # that a window lasts, and no fewer than a clip has


@dataclass(frozen=True)
class Window:
    """A part of a video, in its own clock, and the clips drawn from it."""

    start_seconds: float
    end_seconds: float
    clips_VCTHW: torch.Tensor


def window_seconds(spec: ClipSpec, clip_seconds: float | None = None) -> float:
    """How long a window is: as long as the clips of the training or, where that is not known, as the clip asks for."""
    if clip_seconds is not None:
        return clip_seconds
    return USUAL_SECONDS if spec.sampling == "uniform" else spec.frames * spec.stride / (spec.fps or USUAL_FPS)


def windows(video: Video, spec: ClipSpec, seconds: float, views: int = 1) -> Iterator[Window]:
    """The whole video as one window if it is shorter than two, else windows of `seconds` that overlap by half.

    Together they cover the video; the last one ends with it. Where the clock jumps, or nothing was recorded, windows
    that hold no new frame are left out. A window lasts as many frames as a clip has, or more. No more frames are kept
    than two windows hold, each already as small as the network wants it.
    """
    kept = Kept(spec)
    start: float | None = None
    lasts = covered = 0.0
    for time, picture_HWC in video.frames():
        kept.add(time, picture_HWC)
        if start is None:
            lasts = max(seconds, kept.step * max(spec.frames, LEAST_FRAMES))
            if kept.lasts < 2 * lasts:
                continue
            start = covered = kept.times[0]
        while kept.times[-1] >= start + lasts:
            if kept.holds(covered, start + lasts):
                covered = start + lasts
                yield kept.window(start, covered, views)
            start += lasts / 2 * kept.halves_until_new(start + lasts, lasts / 2)
            kept.drop_before(min(start, kept.times[-1] - lasts))
    if not kept.times:
        return
    end = kept.times[-1] + kept.step
    if start is None:
        yield kept.window(kept.times[0], end, views)
    elif kept.holds(covered, end):
        yield kept.window(max(end - lasts, kept.times[0]), end, views)


class Kept:
    """The frames of a video that a window may still ask for, their times, and how many came before each.

    Of a thinned window every so manieth frame may be in a clip; those after it are kept too where it has their flow.
    """

    def __init__(self, spec: ClipSpec) -> None:
        self.spec = spec
        self.times: deque[float] = deque()
        self.pictures: deque[torch.Tensor] = deque()
        self.numbers: deque[int] = deque()
        self.every, self.count, self.step = 1, 0, 1 / USUAL_FPS

    @property
    def lasts(self) -> float:
        """Seconds from the first kept frame to the end of the last."""
        return self.times[-1] - self.times[0] + self.step

    @property
    def close(self) -> float:
        """Seconds by which times that are meant to be the same may differ."""
        return self.step * 1e-3

    def add(self, time: float, picture_HWC: np.ndarray) -> None:
        """Keep a frame as small as for an evaluation; a clock that runs backward stands still instead."""
        time = max(time, self.times[-1]) if self.times else time
        self.count += 1
        if not self.wanted(self.count - 1):
            return
        self.pictures.append(small(picture_HWC, self.spec))
        self.times.append(time)
        self.numbers.append(self.count - 1)
        if len(self.times) > 1 and time > self.times[0]:
            self.step = 1 / typical_fps(np.array(self.times))
        while len(self.times) > MOST_FRAMES:
            self.every *= 2
            left = [place for place, number in enumerate(self.numbers) if self.wanted(number)]
            self.times = deque(self.times[place] for place in left)
            self.pictures = deque(self.pictures[place] for place in left)
            self.numbers = deque(self.numbers[place] for place in left)

    def wanted(self, number: int) -> bool:
        """Whether the frame of this number is kept: it may be in a clip, or ends a field of flow that is."""
        return number % self.every <= self.spec.fields

    def holds(self, start: float, end: float) -> bool:
        """Whether a kept frame begins in a part of the video."""
        return any(start <= time + self.close < end for time in self.times)

    def halves_until_new(self, end: float, half: float) -> int:
        """By how many half windows a window that ended at `end` must move on to hold the first frame after it."""
        coming = next((time for time in self.times if time + self.close >= end), end)
        return max(int((coming + self.close - end) // half) + 1, 1)

    def drop_before(self, time: float) -> None:
        """Forget frames that came before the one on show at a time."""
        while len(self.times) > 1 and self.times[1] <= time:
            for kept in (self.times, self.pictures, self.numbers):
                kept.popleft()

    def window(self, start: float, end: float, views: int) -> Window:
        """The clips of a part of the video, which must hold a frame."""
        times = np.array(self.times)
        inside = np.flatnonzero((times + self.close >= start) & (times + self.close < end))
        pictures = list(self.pictures)
        frames = moving(Pictures([pictures[index] for index in inside], times[inside]), self.spec)
        first = np.flatnonzero(np.array(self.numbers)[inside] % self.every == 0)
        first = first if len(first) else np.arange(1)
        indices_VT = first[sample_views(self.spec, times[inside][first], views).numpy()]
        clips = [self.clip(torch.from_numpy(frames.read(indices_T.tolist()))) for indices_T in indices_VT]
        return Window(float(start), float(end), torch.stack(clips))

    def clip(self, frames_THWC: torch.Tensor) -> torch.Tensor:
        """The clip that frames of `small` pictures make."""
        return test_transform(self.spec)(frames_THWC)[0] if self.spec.fields else to_input(frames_THWC, self.spec)


def small(picture_HWC: np.ndarray, spec: ClipSpec) -> torch.Tensor:
    """A picture (1 H W C) shrunk and, where no flow is found in it, cut as for an evaluation."""
    stored_1HWC = storage_resize(torch.from_numpy(np.ascontiguousarray(picture_HWC))[None], spec)
    if spec.fields:
        return stored_1HWC.clone()
    box = of_test((stored_1HWC.shape[1], stored_1HWC.shape[2]), spec)
    return resize(cut(stored_1HWC, box), (spec.height, spec.width)).clone()


@dataclass(frozen=True)
class Pictures:
    """Pictures in memory (1 H W 3 each), as frames that clips are drawn from."""

    pictures: list[torch.Tensor]
    times_seconds: np.ndarray
    warnings: tuple[str, ...] = ()

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames."""
        return torch.cat([self.pictures[index] for index in indices]).numpy()
