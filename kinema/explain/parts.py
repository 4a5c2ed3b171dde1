"""A video as the clips that a network is shown of it.

Axes: C channels, T frames of a clip, F frames of a video, H rows, W columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from kinema.data.clips import ClipRow
from kinema.data.frames import VideoPart
from kinema.data.moving import moving
from kinema.data.sampling import sample_views
from kinema.data.transforms import test_transform
from kinema.data.transforms.boxes import Size, of_test
from kinema.data.transforms.resize import cut, resize
from kinema.data.video import Video
from kinema.errors import VideoError
from kinema.models.clip import ClipSpec

SHORT, LONG = 320, 480  # pixels along the shorter side of what is shown, at least and at most
MOST_FPS = 30.0  # of what is shown


@dataclass(frozen=True)
class Part:
    """A part of a video: the clip that a network is shown of it, and which pictures of the video it is seen in.

    `clip_times` are the seconds of the clip's frames (T), `times` those of the pictures at `indices` (F).
    """

    clip_CTHW: torch.Tensor
    clip_times: np.ndarray
    indices: np.ndarray
    times: np.ndarray


def video_parts(video: Video, spec: ClipSpec, seconds: float) -> Iterator[Part]:
    """A video in equal parts of about so many seconds, one after the other; one that is not twice as long is one.

    Of dense clips, which may be shorter than their part, only what lies between their first and last frame is shown.
    Clips are prepared as where videos are recognised, with their flow where `spec` has it. Raises VideoError for a
    video without frames, and KinemaError where flow cannot be found.
    """
    times_F = np.maximum.accumulate(video.times_seconds)
    if not len(times_F):
        raise VideoError(f"{video} holds no frame that can be decoded.")
    whole = VideoPart(video, ClipRow("."), spec)
    length = times_F[-1] - times_F[0] + 1 / video.fps
    count = max(int(length / seconds + 1e-6), 1)
    bounds = np.searchsorted(times_F + 1e-6, times_F[0] + length * np.arange(count + 1) / count)
    bounds[-1] = len(times_F)
    for first, last in pairwise(bounds.tolist()):
        if last > first:
            yield part_between(whole, spec, first, last)


def part_between(whole: VideoPart, spec: ClipSpec, first: int, last: int) -> Part:
    """The part of a whole video from its frame `first` to before its frame `last`."""
    times_F = np.maximum.accumulate(whole.times_seconds)
    every = max(int(np.ceil(whole.video.fps / MOST_FPS - 1e-6)), 1)
    inside_F = np.arange(first, last)
    seen_T = inside_F[sample_views(spec, times_F[first:last], 1)[0].numpy()]
    if spec.sampling == "dense":
        inside_F = np.arange(seen_T.min(), seen_T.max() + 1)
    shown_F = inside_F[::every]
    frames = moving(whole.between(first, last), spec)
    (clip_CTHW,) = test_transform(spec)(torch.from_numpy(frames.read((seen_T - first).tolist())))
    return Part(clip_CTHW, times_F[seen_T], shown_F, times_F[shown_F])


def pictures(video: Video, spec: ClipSpec, part: Part) -> Iterator[np.ndarray]:
    """What is shown of a part: its pictures (H W 3, uint8), one at a time, cut as the clip is."""
    for _, picture_HWC in video.pictures(part.indices.tolist()):
        frame_1HWC = torch.from_numpy(np.ascontiguousarray(picture_HWC))[None]
        box = of_test((frame_1HWC.shape[1], frame_1HWC.shape[2]), spec)
        yield resize(cut(frame_1HWC, box), shown_size((box.height, box.width)))[0].numpy()


def shown_size(picture: Size) -> Size:
    """The height and width at which a picture is shown: even numbers, as video wants them."""
    short = min(picture)
    scale = min(max(short, SHORT), LONG) / short
    height, width = (max(round(side * scale / 2) * 2, 2) for side in picture)
    return height, width
