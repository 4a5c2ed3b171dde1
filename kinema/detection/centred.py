"""Which frames stand around a key frame: numbers in, indices out."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from kinema.errors import VideoError
from kinema.models.clip import ClipSpec

BESIDE = 0.5  # second: half of what AVA's key frames are apart


def centred(video_frames: int, centre: int, clip_frames: int, stride: int) -> Tensor:
    """Frames `stride` apart, of which the one in the middle (of an even number: the later) is `centre`.

    Before the first frame and after the last these are repeated (as published for AVA: Feichtenhofer et al.,
    arXiv:1812.03982).
    """
    steps = torch.arange(clip_frames) - clip_frames // 2
    return (centre + steps * stride).clamp(0, video_frames - 1)


def centred_at_fps(times_seconds: ArrayLike, centre: int, clip_frames: int, stride: int, fps: float) -> Tensor:
    """As `centred`, `stride / fps` seconds apart by the video's own clock: the frames nearest to these times."""
    times = np.maximum.accumulate(np.asarray(times_seconds, np.float64))
    wanted = times[centre] + (np.arange(clip_frames) - clip_frames // 2) * (stride / fps)
    after = np.searchsorted(times, wanted).clip(max=len(times) - 1)
    before = (after - 1).clip(min=0)
    return torch.from_numpy(np.where(times[after] - wanted < wanted - times[before], after, before)).long()


def around(spec: ClipSpec, times_seconds: ArrayLike, centre: int) -> Tensor:
    """The frames of the clip that `spec` wants around a key frame."""
    times = np.asarray(times_seconds)
    if spec.fps is None:
        return centred(len(times), centre, spec.frames, spec.stride)
    return centred_at_fps(times, centre, spec.frames, spec.stride, spec.fps)


def on_show(times_seconds: ArrayLike, seconds: float) -> int:
    """The frame on show at a second of the video: the last one at or before it, the first for earlier seconds.

    Clocks tick in steps of their own (1/30 s may read 0.033), so a frame that begins a thousandth later is on show too.
    VideoError where the second lies more than `BESIDE` seconds before or after the video.
    """
    times = np.maximum.accumulate(np.asarray(times_seconds, np.float64))
    if not times[0] - BESIDE <= seconds <= times[-1] + BESIDE:
        raise VideoError(f"A key frame lies at {seconds:.2f} s of a video that shows {times[0]:.2f} to {times[-1]:.2f} "
                         "s. If timestamps count from elsewhere, give the one of the first frame as --offset.")
    return max(int(np.searchsorted(times, seconds + 1e-3, side="right")) - 1, 0)
