"""Where a video's windows start and end, and the frames that they may still ask for.

Axes: V views, C channels, T frames, H rows, W columns.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
import torch

from kinema.data.moving import moving
from kinema.data.sampling import sample_views
from kinema.data.transforms import test_transform
from kinema.data.transforms.inputs import to_input
from kinema.data.video.rates import typical_fps
from kinema.inference.small import Pictures, small
from kinema.models.clip import ClipSpec

USUAL_FPS = 25.0  # of a video about which nothing else is known
MOST_FRAMES = 3000  # kept of a window; a longer one is thinned out evenly
LEAST_FRAMES = 4  # that a window lasts, and no fewer than a clip has


class Kept:
    """The frames of a video that a window may still ask for, their times, and how many came before each.

    Of a window that is thinned out only each `every`-th frame may be in a clip; those after it are kept too where it
    has their flow.
    """

    def __init__(self, spec: ClipSpec) -> None:
        self.spec = spec
        self.times: deque[float] = deque()
        self.pictures: deque[torch.Tensor | None] = deque()
        self.numbers: deque[int] = deque()
        self.every, self.count = 1, 0
        self._step: float | None = None

    @property
    def step(self) -> float:
        """Seconds from one frame to the next."""
        if self._step is None:
            moves = len(self.times) > 1 and self.times[-1] > self.times[0]
            self._step = 1 / (typical_fps(np.array(self.times)) if moves else USUAL_FPS)
        return self._step

    @property
    def lasts(self) -> float:
        """Seconds from the first kept frame to the end of the last."""
        return self.times[-1] - self.times[0] + self.step

    @property
    def close(self) -> float:
        """Seconds by which times that are meant to be the same may differ."""
        return self.step * 1e-3

    def add(self, time: float, picture_HWC: np.ndarray | None) -> None:
        """Keep a frame as small as for an evaluation; a clock that runs backward stands still instead.

        Without its picture only the frame's number is kept.
        """
        time = max(time, self.times[-1]) if self.times else time
        self.count += 1
        if not self.wanted(self.count - 1):
            return
        self.pictures.append(None if picture_HWC is None else small(picture_HWC, self.spec))
        self.times.append(time)
        self.numbers.append(self.count - 1)
        self._step = None
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

    def steps_until_new(self, end: float, step: float) -> int:
        """By how many steps of windows a window that ended at `end` must move on to hold the first frame after it."""
        coming = next((time for time in self.times if time + self.close >= end), end)
        return max(int((coming + self.close - end) // step) + 1, 1)

    def drop_before(self, time: float) -> None:
        """Forget frames that came before the one on show at a time."""
        while len(self.times) > 1 and self.times[1] <= time:
            for kept in (self.times, self.pictures, self.numbers):
                kept.popleft()

    def inside(self, start: float, end: float) -> np.ndarray:
        """The places of the kept frames that begin in a part of the video."""
        times = np.array(self.times)
        return np.flatnonzero((times + self.close >= start) & (times + self.close < end))

    def indices(self, inside: np.ndarray, views: int) -> np.ndarray:
        """V T: which of some kept frames each clip of theirs holds."""
        first = np.flatnonzero(np.array(self.numbers)[inside] % self.every == 0)
        first = first if len(first) else np.arange(1)
        return first[sample_views(self.spec, np.array(self.times)[inside][first], views).numpy()]

    def numbers_in(self, start: float, end: float, views: int) -> np.ndarray:
        """V T: the numbers of the frames in the clips of a part of the video."""
        inside = self.inside(start, end)
        return np.array(self.numbers)[inside][self.indices(inside, views)]

    def clips(self, start: float, end: float, views: int) -> torch.Tensor:
        """V C T H W: the clips of a part of the video, which must hold a frame."""
        inside = self.inside(start, end)
        pictures = [picture for picture in map(list(self.pictures).__getitem__, inside) if picture is not None]
        frames = moving(Pictures(pictures, np.array(self.times)[inside]), self.spec)
        return torch.stack([self.clip(torch.from_numpy(frames.read(indices_T.tolist())))
                            for indices_T in self.indices(inside, views)])

    def clip(self, frames_THWC: torch.Tensor) -> torch.Tensor:
        """The clip that frames of `small` pictures make."""
        return test_transform(self.spec)(frames_THWC)[0] if self.spec.fields else to_input(frames_THWC, self.spec)


def spans(
    kept: Kept, frames: Iterable[tuple[float, np.ndarray | None]], seconds: float, overlap: int = 2, whole: float = 2.0
) -> Iterator[tuple[float, float]]:
    """Where each window of a video starts and ends, as soon as its frames have come; see `windows`."""
    start: float | None = None
    lasts = covered = 0.0
    for time, picture_HWC in frames:
        kept.add(time, picture_HWC)
        if start is None:
            lasts = max(seconds, kept.step * max(kept.spec.frames, LEAST_FRAMES))
            if kept.lasts < whole * lasts:
                continue
            start = covered = kept.times[0]
        while kept.times[-1] >= start + lasts:
            if kept.holds(covered, start + lasts):
                covered = start + lasts
                yield start, covered
            start += lasts / overlap * kept.steps_until_new(start + lasts, lasts / overlap)
            kept.drop_before(min(start, kept.times[-1] - lasts))
    if not kept.times:
        return
    end = kept.times[-1] + min(kept.step, lasts)  # where a clock jumped, a step may seem longer than a window
    if start is None:
        yield kept.times[0], end
    elif kept.holds(covered, end):
        yield max(end - lasts, kept.times[0]), end
