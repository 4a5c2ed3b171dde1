"""From a decoded frame to an upright picture of red, green and blue."""

from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from kinema.data.video.video import Picture


class Pixels:
    """Turns decoded frames into pictures of one size, H W 3 uint8: that of the first frame.

    The colours are those of PyAV's `frame.to_ndarray(format="rgb24")`, bit for bit; alpha is dropped. The pictures are
    turned as the container's display matrix says, by quarter turns; a mirror image in the matrix stays one. With
    `largest` their longer side has at most so many pixels: they shrink while their colours are converted, each pixel a
    mean of those it covers, which takes less time than to convert them whole.
    """

    def __init__(self, first: av.VideoFrame, threads: int = 0, largest: int | None = None) -> None:
        self._threads = threads
        self._reformatter = VideoReformatter()  # one for all frames: building it costs more than using it
        self._size = upright_size(first)
        scale = min(1.0, (largest or max(self._size)) / max(self._size))
        self.height, self.width = (max(1, round(side * scale)) for side in self._size)
        self._interpolation = "AREA" if scale < 1 else None

    def fits(self, frame: av.VideoFrame) -> bool:
        """Whether the frame has the size of the first one."""
        return upright_size(frame) == self._size

    def __call__(self, frame: av.VideoFrame) -> Picture:
        turns = quarter_turns(frame)
        width, height = (self.height, self.width) if turns % 2 else (self.width, self.height)
        frame = self._reformatter.reformat(frame, width, height, format="rgb24", interpolation=self._interpolation,
                                           threads=self._threads)
        picture: Any = frame.to_ndarray()
        if not turns:
            return picture
        pixels_HW = np.ascontiguousarray(picture).view("V3")[..., 0]  # moving whole pixels takes half the time
        return np.ascontiguousarray(np.rot90(pixels_HW, turns))[..., None].view(np.uint8)


def quarter_turns(frame: av.VideoFrame) -> int:
    """How many counter-clockwise quarter turns show the frame upright: 0 to 3."""
    return round(frame.rotation / 90) % 4


def upright_size(frame: av.VideoFrame) -> tuple[int, int]:
    """Height and width of the frame once it is turned."""
    return (frame.width, frame.height) if quarter_turns(frame) % 2 else (frame.height, frame.width)
