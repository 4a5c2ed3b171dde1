"""A video of any length as clips, read once from beginning to end with bounded memory.

Axes: V views, C channels, T frames, H rows, W columns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch

from kinema.data.transforms.inputs import to_input
from kinema.data.video import Video
from kinema.errors import VideoError
from kinema.inference.kept import USUAL_FPS, Kept, spans
from kinema.inference.small import small
from kinema.models.clip import ClipSpec

USUAL_SECONDS = 10.0  # of a clip about which nothing else is known


@dataclass(frozen=True)
class Window:
    """A part of a video, in its own clock, and the clips drawn from it."""

    start_seconds: float
    end_seconds: float
    clips_VCTHW: torch.Tensor


Answer = tuple[Window, torch.Tensor]  # and what a network makes of its views
Grouped = Callable[[Iterable[Window], int], Iterator[list[Window]]]  # some windows at a time


def window_seconds(spec: ClipSpec, clip_seconds: float | None = None) -> float:
    """How long a window is: as long as the clips of the training or, where that is not known, as the clip asks for."""
    if clip_seconds is not None:
        return clip_seconds
    return USUAL_SECONDS if spec.sampling == "uniform" else spec.frames * spec.stride / (spec.fps or USUAL_FPS)


def windows(
    video: Video, spec: ClipSpec, seconds: float, views: int = 1, overlap: int = 2, whole: float = 2.0
) -> Iterator[Window]:
    """The whole video as one window if it is shorter than two (or `whole`), else windows of `seconds`.

    They overlap by half, or so that `overlap` of them hold each moment. Together they cover the video; the last one
    ends with it. Where the clock jumps, or nothing was recorded, windows that hold no new frame are left out. A window
    lasts as many frames as a clip has, or more. No more frames are kept than two windows hold, each already as small as
    the network wants it.

    Where a video's times are known beforehand, only the frames that clips are made of are read.
    """
    if spec.fields or not video.known:
        kept = Kept(spec)
        for start, end in spans(kept, video.frames(), seconds, overlap, whole):
            yield Window(float(start), float(end), kept.clips(start, end, views))
        return
    done, total = 0, -1
    while total != (total := len(video)):
        plan = planned(video.times_seconds, spec, seconds, views, overlap, whole)
        try:
            for window in read_through(video, spec, plan, done):
                yield window
                done += 1
            return
        except VideoError:
            if len(video) == total:  # else it proved to be damaged, and what is left of it is known now
                raise


class Planned(NamedTuple):
    """A window, and the frames of the video that its clips hold."""

    start_seconds: float
    end_seconds: float
    numbers_VT: np.ndarray


def planned(
    times_seconds: np.ndarray, spec: ClipSpec, seconds: float, views: int, overlap: int, whole: float
) -> list[Planned]:
    """The windows of a video whose times are known."""
    kept = Kept(spec)
    frames = ((time, None) for time in times_seconds.tolist())
    return [Planned(start, end, kept.numbers_in(start, end, views))
            for start, end in spans(kept, frames, seconds, overlap, whole)]


def read_through(video: Video, spec: ClipSpec, plan: Sequence[Planned], first: int) -> Iterator[Window]:
    """The windows from the `first` on; each frame is read once, and kept until no later window holds it."""
    plan = plan[first:]
    if not plan:
        return
    coming = video.pictures(np.unique(np.concatenate([window.numbers_VT.ravel() for window in plan])).tolist())
    needed_from = np.minimum.accumulate([window.numbers_VT.min() for window in plan][::-1])[::-1]
    kept: dict[int, torch.Tensor] = {}
    newest = -1
    for (start, end, numbers_VT), oldest in zip(plan, needed_from, strict=True):
        kept = {number: picture for number, picture in kept.items() if number >= oldest}
        while newest < numbers_VT.max():
            newest, picture_HWC = next(coming)
            kept[newest] = small(picture_HWC, spec)
        clips = [to_input(torch.cat([kept[number] for number in numbers_T]), spec)
                 for numbers_T in numbers_VT.tolist()]
        yield Window(start, end, torch.stack(clips))


def ahead(parts: Iterable[Window], together: int) -> Iterator[list[Window]]:
    """Some windows at a time, the next of which are read while these are looked at."""
    coming = iter(parts)
    with ThreadPoolExecutor(1, "reader") as reader:
        following = reader.submit(lambda: list(islice(coming, together)))
        while few := following.result():
            following = reader.submit(lambda: list(islice(coming, together)))
            yield few


def in_turn(parts: Iterable[Window], together: int) -> Iterator[list[Window]]:
    """Some windows at a time, read and looked at by one thread: for processes that share the processors."""
    coming = iter(parts)
    while few := list(islice(coming, together)):
        yield few
