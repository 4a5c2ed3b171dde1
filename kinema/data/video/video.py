"""What every video offers, whatever it is read from."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kinema.data.video.rates import typical_fps
from kinema.errors import VideoError

Picture = NDArray[np.uint8]  # H W 3: red, green, blue, already turned upright


class Video(ABC):
    """Frames in their order of presentation, each with its time.

    `height` and `width` are pixels of the upright picture, `path` is None for an array. Close it, or use `with`.
    """

    path: Path | None = None
    height: int
    width: int

    @property
    @abstractmethod
    def times_seconds(self) -> NDArray[np.float64]:
        """Each frame's time of presentation, counted as the container counts it (its first frame may be late)."""

    @property
    @abstractmethod
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with a video that could nevertheless be read, in words; empty for a sound one."""

    @property
    def known(self) -> bool:
        """Whether length and times are there without a pass over the frames."""
        return True

    @property
    def noticed(self) -> tuple[str, ...]:
        """As `warnings`, as far as it showed up to now: nothing is read for it."""
        return self.warnings

    @abstractmethod
    def frames(self) -> Iterator[tuple[float, Picture]]:
        """Every (time in seconds, H W 3 uint8) once, in one pass of bounded memory that needs no length."""

    @abstractmethod
    def pictures(self, indices: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """(index, picture) for rising indices that exist; `read` is made of it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file and of the frames in memory."""

    def __len__(self) -> int:
        return len(self.times_seconds)

    @property
    def fps(self) -> float:
        """Frames per second in the usual stretch of the video: pauses and jumps of its clock do not count."""
        return typical_fps(self.times_seconds)

    @property
    def duration_seconds(self) -> float:
        """From the start of the first frame to the end of the last."""
        return float(self.times_seconds.max() - self.times_seconds.min() + 1 / self.fps)

    def read(self, indices: ArrayLike) -> NDArray[np.uint8]:
        """The frames at `indices` (any order, repeats allowed) as one array: T H W 3, uint8."""
        wanted = np.atleast_1d(np.asarray(indices))
        if wanted.ndim != 1 or (wanted.size and not np.issubdtype(wanted.dtype, np.integer)):
            raise VideoError(f"Frames are read by a row of whole numbers; {wanted.dtype} of shape {wanted.shape} came.")
        for index in wanted[(wanted < 0) | (wanted >= len(self))][:1]:
            raise VideoError(f"{self} has frames 0 to {len(self) - 1}; frame {index} was asked for.")
        clip_THWC = np.empty((len(wanted), self.height, self.width, 3), np.uint8)
        for index, picture in self.pictures([int(i) for i in np.unique(wanted)]):
            clip_THWC[wanted == index] = picture
        return clip_THWC

    def indices_at(self, times_seconds: ArrayLike) -> NDArray[np.int64]:
        """The frame on show at each time: the last one at or before it, the first one for earlier times.

        Where the clock goes backward, a frame counts as shown at the latest time stamp so far.
        """
        clock = np.maximum.accumulate(self.times_seconds)
        found = np.searchsorted(clock, np.asarray(times_seconds, np.float64), side="right") - 1
        return np.maximum(found, 0).astype(np.int64)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})" if self.path else type(self).__name__

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} says itself how a worker opens it again")
