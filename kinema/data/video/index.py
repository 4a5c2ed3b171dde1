"""What one pass over a whole file tells: how many frames, when, and how to find them again."""

import zlib
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import av
import numpy as np
from numpy.typing import NDArray

from kinema.data.video.decoder import Decoder
from kinema.data.video.pixels import Pixels
from kinema.data.video.problems import problems
from kinema.data.video.video import Picture

KEEP_BYTES = 256 << 20  # the pictures of a video up to this size stay in memory


@dataclass(frozen=True)
class Index:
    """Frame k has time stamp `pts[k]` (in `times_seconds` too); `keys` are the indices of the key frames.

    `checksums[k]` tells whether frame k was found again; `kept` holds all pictures, or none if they are too large.
    """

    times_seconds: NDArray[np.float64]
    pts: tuple[int | None, ...]
    keys: tuple[int, ...]
    checksums: tuple[int, ...]
    kept: tuple[Picture, ...]
    warnings: tuple[str, ...]

    @cached_property
    def number_of(self) -> dict[int | None, int]:
        """Which frame has a time stamp."""
        return {stamp: number for number, stamp in enumerate(self.pts)}

    @property
    def enterable(self) -> bool:
        """Whether a time stamp names a frame: all frames have one and no two the same."""
        return len(self.number_of) == len(self.pts) and None not in self.number_of


def build_index(decoder: Decoder, pixels: Pixels) -> Index:
    """Decode all frames once, keeping their pictures as long as they fit in KEEP_BYTES.

    No decoded frame itself is kept: the decoder uses its memory again, and what a damaged frame shows depends on that.
    """
    pts: list[int | None] = []
    keys: list[int] = []
    checksums: list[int] = []
    kept: list[Picture] = []
    space, resized = room(pixels), 0
    for number, frame in enumerate(decoder):
        pts.append(frame.pts)
        checksums.append(checksum(frame))
        resized += not pixels.fits(frame)
        if frame.key_frame:
            keys.append(number)
        if number < space:
            kept.append(pixels(frame))
        else:
            kept.clear()
    warnings = problems(decoder, pts, resized)
    return Index(seconds(pts, decoder.time_base), tuple(pts), tuple(keys), tuple(checksums), tuple(kept), warnings)


def room(pixels: Pixels) -> int:
    """How many pictures fit in KEEP_BYTES."""
    return KEEP_BYTES // (pixels.height * pixels.width * 3)


def checksum(frame: av.VideoFrame) -> int:
    """A number that tells frames apart: the sums over the rows and columns of their pixels, eight bytes at a time.

    The bytes that pad a row do not count. Summing costs a tenth of a CRC of all pixels, which would rival decoding.
    """
    value = 0
    for number, plane in enumerate(frame.planes):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:plane.height]
        width = plane.width * sum(-(-c.bits // 8) for c in frame.format.components if c.plane == number)
        width = min(width or plane.line_size, plane.line_size)  # a palette belongs to no component
        eights = rows[:, :width // 8 * 8].view(np.uint64)
        for part in (eights.sum(axis=0), eights.sum(axis=1), rows[:, width // 8 * 8:width]):
            value = zlib.crc32(part.tobytes(), value)
    return value


def seconds(pts: list[int | None], time_base: Fraction, step_seconds: float = 0.04) -> NDArray[np.float64]:
    """Time stamps in seconds; missing ones lie evenly between their neighbours, or go on at the usual step."""
    times = np.array([np.nan if stamp is None else stamp * float(time_base) for stamp in pts], np.float64)
    missing = np.isnan(times)
    if not missing.any():
        return times
    known = np.flatnonzero(~missing)
    steps = np.diff(times[known]) / np.diff(known)
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else step_seconds
    if not known.size:
        return np.arange(len(times), dtype=np.float64) * step
    numbers = np.arange(len(times))
    times[missing] = np.interp(numbers, known, times[known])[missing]
    before, after = numbers < known[0], numbers > known[-1]
    times[before] = times[known[0]] - (known[0] - numbers[before]) * step
    times[after] = times[known[-1]] + (numbers[after] - known[-1]) * step
    return times
