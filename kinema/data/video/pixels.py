"""From a decoded frame to an upright picture of red, green and blue."""

import math
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

from kinema.data.video.video import Picture


class Pixels:
    """Turns decoded frames into pictures of one size, H W 3 uint8: that of the first frame.

    The colours are those of PyAV's `frame.to_ndarray(format="rgb24")`, bit for bit. Alpha is dropped.
    """

    def __init__(self, first: av.VideoFrame) -> None:
        self._reformatter = VideoReformatter()  # one for all frames: building it costs more than using it
        turns, _ = quarter_turns(first)
        self.height, self.width = (first.width, first.height) if turns % 2 else (first.height, first.width)

    def fits(self, frame: av.VideoFrame) -> bool:
        """Whether the frame has the size of the first one."""
        turns, _ = quarter_turns(frame)
        return (frame.width, frame.height) == ((self.height, self.width) if turns % 2 else (self.width, self.height))

    def __call__(self, frame: av.VideoFrame) -> Picture:
        turns, mirrored = quarter_turns(frame)
        width, height = (self.height, self.width) if turns % 2 else (self.width, self.height)
        picture: Any = self._reformatter.reformat(frame, width, height, format="rgb24").to_ndarray()
        return upright(picture, turns, mirrored)


def upright(picture: Picture, turns: int, mirrored: bool) -> Picture:
    """The picture mirrored left to right (or not), then turned counter-clockwise by quarter turns."""
    if not turns and not mirrored:
        return picture
    pixels_HW = np.ascontiguousarray(picture).view("V3")[..., 0]  # moving whole pixels takes half the time
    turned_HW = np.ascontiguousarray(np.rot90(pixels_HW[:, ::-1] if mirrored else pixels_HW, turns))
    return turned_HW[..., None].view(np.uint8)


def quarter_turns(frame: av.VideoFrame) -> tuple[int, bool]:
    """(counter-clockwise quarter turns that show the frame upright, whether it is mirrored left to right before them).

    Read from the container's display matrix, nine numbers of 32 bits of which the first two say where the picture's
    x axis points and the next two its y axis (ISO 14496-12, 8.3.2); odd angles are rounded to the nearest quarter.
    """
    side_data: Any = frame.side_data
    data = next((data for data in side_data if data.type == Type.DISPLAYMATRIX), None)
    if data is None:
        return 0, False
    right, down, _, right_y, down_y = np.frombuffer(bytes(data), np.int32)[:5].astype(float)
    mirrored = right * down_y - down * right_y < 0
    if mirrored:
        right, down = -right, -down
    return round(-math.atan2(down, right) / (math.pi / 2)) % 4, mirrored
