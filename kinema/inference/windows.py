"""A video of any length as clips, read once from beginning to end with bounded memory.

Axes: V views, C channels, T frames, H rows, W columns.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from kinema.data.sampling import sample_views
from kinema.data.transforms.boxes import centre, whole
from kinema.data.transforms.inputs import to_input
from kinema.data.transforms.resize import cut, resize
from kinema.data.video import Video
from kinema.models.clip import ClipSpec

USUAL_SECONDS, USUAL_FPS = 10.0, 25.0  # of a clip and a video about which nothing else is known
MOST_FRAMES = 3000  # kept of a window; a longer one is thinned out evenly


@dataclass(frozen=True)
class Window:
    """A part of a video, in its own clock, and the clips drawn from it."""

    start_seconds: float
    end_seconds: float
    clips_VCTHW: torch.Tensor


def window_seconds(spec: ClipSpec, clip_seconds: float | None = None) -> float:
    """How long a window is: as long as the clips of the training or, where that is not known, as the clip asks for."""
    if clip_seconds is not None:
        return max(clip_seconds, 1e-3)
    return USUAL_SECONDS if spec.sampling == "uniform" else spec.frames * spec.stride / (spec.fps or USUAL_FPS)


def windows(video: Video, spec: ClipSpec, seconds: float, views: int = 1) -> Iterator[Window]:
    """The whole video as one window if it is shorter than two, else windows of `seconds` that overlap by half.

    Together they cover the video; the last one ends with it. No more frames are kept than two windows hold, each
    already as small as the network wants it.
    """
    kept = Kept(spec)
    start: float | None = None
    for time, picture_HWC in video.frames():
        kept.add(time, picture_HWC, seconds)
        if start is None:
            if kept.lasts < 2 * seconds:
                continue
            start = kept.times[0]
        while kept.times[-1] >= start + seconds:
            yield kept.window(start, start + seconds, views)
            start += seconds / 2
            kept.drop_before(min(start, kept.times[-1] - seconds))
    if not kept.times:
        return
    end = kept.times[-1] + kept.step
    if start is None:
        yield kept.window(kept.times[0], end, views)
    elif end > start + seconds / 2 + kept.step / 2:
        yield kept.window(max(end - seconds, kept.times[0]), end, views)


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

    def add(self, time: float, picture_HWC: np.ndarray, seconds: float) -> None:
        """Keep a frame, cut and shrunk as for an evaluation; a clock that runs backward stands still instead."""
        time = max(time, self.times[-1]) if self.times else time
        self.count += 1
        if (self.count - 1) % self.every:
            return
        target, size = (self.spec.height, self.spec.width), (picture_HWC.shape[0], picture_HWC.shape[1])
        box = whole(size) if self.spec.crop == "stretch" else centre(size, target)
        frame_1HWC = cut(torch.from_numpy(np.ascontiguousarray(picture_HWC))[None], box)
        self.pictures.append(resize(frame_1HWC, target).clone())
        self.times.append(time)
        if len(self.times) > 1 and time > self.times[0]:
            self.step = (time - self.times[0]) / (len(self.times) - 1)
        if len(self.times) > MOST_FRAMES:
            self.every *= 2
            self.times, self.pictures = deque(list(self.times)[::2]), deque(list(self.pictures)[::2])

    def drop_before(self, time: float) -> None:
        """Forget frames that came before the one on show at a time."""
        while len(self.times) > 1 and self.times[1] <= time:
            self.times.popleft()
            self.pictures.popleft()

    def window(self, start: float, end: float, views: int) -> Window:
        """The clips of a part of the video; of a pause without frames, the frame that was on show."""
        times = np.array(self.times)
        inside = np.flatnonzero((times >= start - self.step * 1e-3) & (times < end - self.step * 1e-3))
        if not len(inside):
            inside = np.array([max(0, int(np.searchsorted(times, start, side="right")) - 1)])
        indices_VT = sample_views(self.spec, times[inside], views)
        clips = [to_input(torch.cat([self.pictures[inside[index]] for index in indices_T.tolist()]), self.spec)
                 for indices_T in indices_VT]
        return Window(float(start), float(end), torch.stack(clips))
