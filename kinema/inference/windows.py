"""A video of any length as clips, read once from beginning to end with bounded memory.

Axes: V views, C channels, T frames, H rows, W columns.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from kinema.data.sampling import sample_views
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
    """The frames of a video that a window may still ask for, and their times."""

    def __init__(self, spec: ClipSpec) -> None:
        self.spec = spec
        self.times: deque[float] = deque()
        self.pictures: deque[torch.Tensor] = deque()
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
        """Keep a frame, shrunk and cut as for an evaluation; a clock that runs backward stands still instead."""
        time = max(time, self.times[-1]) if self.times else time
        self.count += 1
        if (self.count - 1) % self.every:
            return
        stored_1HWC = storage_resize(torch.from_numpy(np.ascontiguousarray(picture_HWC))[None], self.spec)
        box = of_test((stored_1HWC.shape[1], stored_1HWC.shape[2]), self.spec)
        self.pictures.append(resize(cut(stored_1HWC, box), (self.spec.height, self.spec.width)).clone())
        self.times.append(time)
        if len(self.times) > 1 and time > self.times[0]:
            self.step = 1 / typical_fps(np.array(self.times))
        if len(self.times) > MOST_FRAMES:
            self.every *= 2
            self.times, self.pictures = deque(list(self.times)[::2]), deque(list(self.pictures)[::2])

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
            self.times.popleft()
            self.pictures.popleft()

    def window(self, start: float, end: float, views: int) -> Window:
        """The clips of a part of the video, which must hold a frame."""
        times = np.array(self.times)
        inside = np.flatnonzero((times + self.close >= start) & (times + self.close < end))
        indices_VT = sample_views(self.spec, times[inside], views)
        clips = [to_input(torch.cat([self.pictures[inside[index]] for index in indices_T.tolist()]), self.spec)
                 for indices_T in indices_VT]
        return Window(float(start), float(end), torch.stack(clips))
