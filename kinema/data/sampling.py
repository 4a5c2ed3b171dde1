"""Which frames of a video make a clip: numbers in, indices out.

Without a generator every choice is its middle. `video_frames` and `clip_frames` are counts, indices are int64.
"""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Generator, Tensor

from kinema.errors import DataError
from kinema.models.clip import ClipSpec

OFFSETS = ("each", "shared")
Clock = NDArray[np.float64]  # times in seconds

def uniform(
    video_frames: int, clip_frames: int, generator: Generator | None = None, offset: str = "each", neighbours: int = 1,
) -> Tensor:
    """One frame from each of `clip_frames` equal parts of a video: its middle, or with a generator any.

    With `offset` "each", every part draws its own frame (Wang et al. 2016, temporal segment networks); with "shared",
    one draw serves all parts, so that the frames stay equally far apart (Chen et al. 2021, arXiv 2010.11757). Of
    several `neighbours`, each part gives so many frames in a row, and there are so many parts less (Wang et al. 2020,
    arXiv 2012.10071: 5).
    """
    if offset not in OFFSETS:
        raise DataError(f"The offset of uniform sampling is {offset!r}; it must be one of {', '.join(OFFSETS)}.")
    draws = draw(generator, clip_frames // neighbours if offset == "each" else 1)
    return _parts(video_frames, clip_frames, draws, neighbours)


def uniform_views(video_frames: int, clip_frames: int, clips: int, neighbours: int = 1) -> Tensor:
    """`clips` clips (clips x clip_frames) that take different frames from each part, evenly spread over it."""
    offsets = (torch.arange(clips, dtype=torch.float64)[:, None] + 0.5) / clips
    return _parts(video_frames, clip_frames, offsets, neighbours)


def _parts(video_frames: int, clip_frames: int, offsets: Tensor, neighbours: int) -> Tensor:
    parts, rest = divmod(clip_frames, neighbours)
    if rest:
        raise DataError(f"A clip of {clip_frames} frames cannot be made of rows of {neighbours} neighbours.")
    starts = max(_counted(video_frames) - neighbours + 1, 1)  # how many frames a row of them can start at
    first = ((torch.arange(parts) + offsets) * (starts / parts)).long().clamp(max=starts - 1)
    return (first[..., None] + torch.arange(neighbours)).flatten(-2).clamp(max=video_frames - 1)


def dense(video_frames: int, clip_frames: int, stride: int, generator: Generator | None = None) -> Tensor:
    """Frames `stride` apart, from the middle of the video or, with a generator, from anywhere.

    A video that is shorter than the clip is taken from its first frame; its last frame is repeated.
    """
    starts = _counted(video_frames) - (clip_frames - 1) * stride  # how many frames a clip can start at
    start = int(draw(generator, 1) * max(starts, 1)) if generator else max(starts - 1, 0) // 2
    return (start + torch.arange(clip_frames) * stride).clamp(max=video_frames - 1)


def dense_views(video_frames: int, clip_frames: int, stride: int, clips: int) -> Tensor:
    """`clips` dense clips (clips x clip_frames), evenly spread from the first possible to the last; one: the middle."""
    last = max(_counted(video_frames) - 1 - (clip_frames - 1) * stride, 0)
    starts = (_spread(clips) * last).round().long() if clips > 1 else torch.tensor([last // 2])
    return (starts[:, None] + torch.arange(clip_frames) * stride).clamp(max=video_frames - 1)


def dense_at_fps(
    times_seconds: ArrayLike, clip_frames: int, stride: int, fps: float, generator: Generator | None = None
) -> Tensor:
    """Frames `stride / fps` seconds apart by the video's own clock, whatever its rate and even if the rate varies.

    `times_seconds` are the frames' times; of the frames, the one nearest to each wanted time is taken.
    """
    clock, room = _clock(times_seconds, (clip_frames - 1) * stride / fps)
    return _from(clock, draw(generator, 1).numpy() * room, clip_frames, stride / fps)[0]


def dense_views_at_fps(times_seconds: ArrayLike, clip_frames: int, stride: int, fps: float, clips: int) -> Tensor:
    """`clips` clips of `dense_at_fps` (clips x clip_frames), evenly spread from the first possible one to the last."""
    clock, room = _clock(times_seconds, (clip_frames - 1) * stride / fps)
    return _from(clock, _spread(clips).numpy() * room, clip_frames, stride / fps)


def _clock(times_seconds: ArrayLike, span_seconds: float) -> tuple[Clock, float]:
    """The times from the first frame on, never going backward, and by how many seconds a clip can start later."""
    times = np.asarray(times_seconds, np.float64)
    _counted(len(times))
    clock = np.maximum.accumulate(times) - times[0]
    return clock, max(float(clock[-1]) - span_seconds, 0.0)


def _from(clock: Clock, starts_seconds: Clock, clip_frames: int, step_seconds: float) -> Tensor:
    """Clips (starts x clip_frames) that begin with the frame on show at each start."""
    close = step_seconds * 1e-3  # clocks tick in steps of their own: 1/30 s may read 0.033 s
    first = np.searchsorted(clock, starts_seconds + close, side="right") - 1
    wanted = clock[first][:, None] + np.arange(clip_frames) * step_seconds
    after = np.searchsorted(clock, wanted).clip(max=len(clock) - 1)
    before = (after - 1).clip(min=0)
    return torch.from_numpy(np.where(clock[after] - wanted < wanted - clock[before], after, before)).long()


def _spread(count: int) -> Tensor:
    """`count` numbers evenly spread over 0 to 1, both included; one: the middle."""
    return torch.linspace(0, 1, count, dtype=torch.float64) if count > 1 else torch.tensor([0.5], dtype=torch.float64)


def _counted(video_frames: int) -> int:
    if video_frames < 1:
        raise DataError(f"A clip is drawn from a video of 1 frame or more; {video_frames} came.")
    return int(video_frames)


def draw(generator: Generator | None, count: int) -> Tensor:
    """`count` numbers in 0 to 1 (1 excluded), float64; without a generator all are 0.5."""
    if generator is None:
        return torch.full((count,), 0.5, dtype=torch.float64)
    return torch.rand(count, dtype=torch.float64, generator=generator)


def window(video_frames: int, span: float, generator: Generator | None = None) -> tuple[int, int]:
    """The first frame and the number of frames of a part of a video that is `span` of it to all of it, anywhere."""
    frames = _counted(video_frames)
    if span >= 1:
        return 0, frames
    size, place = draw(generator, 2).tolist()
    count = max(round(frames * (span + (1 - span) * size)), 1)
    return round((frames - count) * place), count


def sample(spec: ClipSpec, times_seconds: ArrayLike, generator: Generator | None = None) -> Tensor:
    """The indices of one clip as `spec` wants it, from frames at `times_seconds`."""
    frames = len(np.asarray(times_seconds))
    if spec.sampling == "uniform":
        return uniform(frames, spec.frames, generator, neighbours=spec.neighbours)
    if spec.fps is None:
        return dense(frames, spec.frames, spec.stride, generator)
    return dense_at_fps(times_seconds, spec.frames, spec.stride, spec.fps, generator)


def sample_views(spec: ClipSpec, times_seconds: ArrayLike, clips: int) -> Tensor:
    """The indices of `clips` clips (clips x frames) that are scored and averaged, as `spec` wants them."""
    frames = len(np.asarray(times_seconds))
    if spec.sampling == "uniform":
        return uniform_views(frames, spec.frames, clips, spec.neighbours)
    if spec.fps is None:
        return dense_views(frames, spec.frames, spec.stride, clips)
    return dense_views_at_fps(times_seconds, spec.frames, spec.stride, spec.fps, clips)
