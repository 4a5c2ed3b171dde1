"""What a clip's frames are drawn from: a part of a video, or its shrunk copy.

Axes in names: T frames, H rows, W columns, C channels.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kinema.clock import stage
from kinema.data.clips import ClipRow
from kinema.data.transforms import storage_resize
from kinema.data.video import Video
from kinema.errors import VideoError
from kinema.models.clip import ClipSpec


class Frames(Protocol):
    """What a clip's frames are drawn from: a part of a video, or its shrunk copy in the cache."""

    @property
    def times_seconds(self) -> np.ndarray:
        """When each frame is shown."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the video, in words; complete once the frames were read."""
        ...

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames."""
        ...


@dataclass(frozen=True)
class StoredFrames:
    """Decoded frames as they lie in the cache; `frames_THWC` is mapped, not loaded."""

    frames_THWC: np.ndarray
    times_seconds: np.ndarray
    warnings: tuple[str, ...] = ()

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames."""
        return self.frames_THWC[np.asarray(indices, dtype=np.int64)]


class VideoPart:
    """The frames of a video that belong to a row of a list, read from the video when they are asked for.

    With a `spec` they are shrunk as in the cache, so that no cache, or a full one, decides what is learnt (but from a
    damaged video, of which the cache has what can be decoded, and a part may be drawn before the damage shows).
    """

    def __init__(self, video: Video, row: ClipRow, spec: ClipSpec | None = None) -> None:
        self.video, self.spec, times = video, spec, np.asarray(video.times_seconds)
        inside: list[int] = []
        for number, time in enumerate(times.tolist()):
            if holds(row, time, number):
                inside.append(number)
            elif inside and behind(row, time, number):
                break
        if not inside:
            raise empty_part(video, row, len(times))
        self.indices = np.array(inside, dtype=np.int64)
        self.times_seconds = times[self.indices]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was wrong with the video as far as it was read; the pictures of a folder are met one by one."""
        return tuple(self.video.noticed)

    def between(self, first: int, last: int) -> "VideoPart":
        """The part's frames from the `first` on, counted from 0, without the `last`."""
        part = copy(self)
        part.indices, part.times_seconds = self.indices[first:last], self.times_seconds[first:last]
        return part

    def read(self, indices: Sequence[int]) -> np.ndarray:
        """T H W C uint8 frames, counted from the part's first; one full frame in memory at a time."""
        wanted, back = np.unique(self.indices[np.asarray(indices, dtype=np.int64)], return_inverse=True)
        pictures = (picture[None] for _, picture in self.video.pictures(wanted.tolist()))
        return np.concatenate([shrink(one, self.spec) if self.spec else one for one in pictures])[back]


def holds(row: ClipRow, time_seconds: float, frame: int) -> bool:
    """Whether a frame of the video belongs to the row's part of it."""
    return (
        (row.start_seconds is None or time_seconds >= row.start_seconds)
        and (row.end_seconds is None or time_seconds < row.end_seconds)
        and (row.start_frame is None or frame >= row.start_frame)
        and (row.end_frame is None or frame < row.end_frame)
    )


def behind(row: ClipRow, time_seconds: float, frame: int) -> bool:
    """Whether a frame comes after the row's part: the first that does ends it, whatever its clock does later."""
    return (row.end_seconds is not None and time_seconds >= row.end_seconds) or (
        row.end_frame is not None and frame >= row.end_frame
    )


def empty_part(video: Video, row: ClipRow, frames: int) -> VideoError:
    """What to say of a row whose part of the video holds no frame."""
    return VideoError(
        f"{video.path} has no frame in the part that its list names ({describe_part(row)}); it has {frames} "
        f"frames in all. Mend the list or leave the row out."
    )


def describe_part(row: ClipRow) -> str:
    """The part of its video that a row names, in words."""
    if row.start_frame is not None or row.end_frame is not None:
        return f"frames {row.start_frame} to {row.end_frame}"
    return f"{row.start_seconds} to {row.end_seconds} s"


def shrink(frames_THWC: np.ndarray, spec: ClipSpec) -> np.ndarray:
    """Frames at the size at which they are kept: a little larger than the clip that is cut from them."""
    import torch

    with stage("shrink"):
        return storage_resize(torch.from_numpy(frames_THWC), spec).numpy()
