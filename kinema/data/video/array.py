"""A video that is an array already."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinema.data.video.rates import check_fps
from kinema.data.video.video import Picture, Video
from kinema.errors import VideoError


class VideoArray(Video):
    """An array of frames, T H W 3 uint8 (numpy, or torch on the CPU), at `fps` frames per second."""

    warnings: tuple[str, ...] = ()

    def __init__(self, frames_THWC: Any, fps: float = 25.0) -> None:
        self._frames_THWC = np.asarray(frames_THWC)
        shape, kind = self._frames_THWC.shape, self._frames_THWC.dtype
        if kind != np.uint8 or len(shape) != 4 or shape[3] != 3 or 0 in shape:
            raise VideoError(
                f"An array of {kind} of shape {shape} came; a video is T H W 3, uint8 (0 to 255), of one frame or more."
            )
        self._fps = check_fps(fps)
        self.height, self.width = shape[1:3]

    @property
    def times_seconds(self) -> NDArray[np.float64]:
        """Frame k is shown at k / fps."""
        return np.arange(len(self._frames_THWC)) / self._fps

    def frames(self) -> Iterator[tuple[float, Picture]]:
        """Every (time in seconds, H W 3 uint8)."""
        yield from zip(self.times_seconds.tolist(), self._frames_THWC, strict=True)

    def pictures(self, indices: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """(index, picture) of each index."""
        return ((index, self._frames_THWC[index]) for index in indices)

    def close(self) -> None:
        """There is nothing to close: the array belongs to whoever made it."""

    def __reduce__(self) -> Any:
        return VideoArray, (self._frames_THWC, self._fps)
