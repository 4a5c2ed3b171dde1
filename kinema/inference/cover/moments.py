"""What each moment of a video is like, from one quick look at small pictures of it.

Axes: S moments looked at, B bins, H rows, W columns, C colours.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kinema.data.video import Video
from kinema.inference.cover.still import change, smooth
from kinema.progress import Progress

SIDE = 192  # pixels of the longer side of the pictures that are looked at
LOOKS_A_SECOND, MOST_LOOKS = 12, 20_000
BINS = 128  # of how much a pixel changed: half the range of grey
ROWS, COLUMNS = 16, 24  # of the tiles by which pictures are compared when cuts are looked for
LEAST_CHANGE, FULL_CHANGE = 4, 16  # of 256 grey levels: below the one nothing moved; so much above it, surely
SHARP = 0.5  # of the sharpness that a video reaches is sharp enough: how much detail there is to show also differs
LEAST_CONTRAST = 0.06  # standard deviation of grey, from 0 to 1: less than that shows little


@dataclass(frozen=True)
class Moments:
    """Moments of a video in their order, in its own clock.

    motion_S: the share of the picture that moves (0 to 1) since the moment before. clear_S: how sharp and how rich in
    contrast the picture is (0 to 1, sharpness against the video's own best). tiles_SHWC: the pictures, very small.
    """

    times_S: np.ndarray
    motion_S: np.ndarray
    clear_S: np.ndarray
    tiles_SHWC: np.ndarray


def moments(video: Video) -> Moments:
    """Look at a video about LOOKS_A_SECOND times a second."""
    numbers = looked_at(video)
    bins, tiles, sharp, contrast = [], [], [], []
    before_HW: np.ndarray | None = None
    with Progress("looking", len(numbers)) as bar:
        for picture_HWC in pictures(video, numbers):
            grey_HW = picture_HWC @ np.array([0.299, 0.587, 0.114], np.float32) / 255
            half_HW = smooth(halved(grey_HW))
            changed_HW = np.zeros_like(half_HW) if before_HW is None else change(before_HW, half_HW)
            levels = np.minimum((changed_HW * 255).astype(np.int64), BINS - 1)
            bins.append(np.bincount(levels.ravel(), minlength=BINS) / levels.size)
            tiles.append(tiled(picture_HWC))
            contrast.append(float(grey_HW.std()))
            sharp.append(detail(grey_HW) / (contrast[-1] + 0.02))
            before_HW = half_HW
            bar.advance()
    return Moments(video.times_seconds[numbers], motion(np.array(bins)), clarity(np.array(sharp), np.array(contrast)),
                   np.stack(tiles))


def looked_at(video: Video) -> np.ndarray:
    """The frames that are looked at: about evenly in time, each once."""
    times = video.times_seconds
    every = max(round(video.fps / LOOKS_A_SECOND), -(-len(times) // MOST_LOOKS), 1)
    step = every / video.fps
    return np.unique(video.indices_at(np.arange(times.min(), times.max() + step, step) + 0.5 / video.fps))


def pictures(video: Video, numbers: np.ndarray) -> Iterator[np.ndarray]:
    """The pictures of rising frames, none of them larger than SIDE."""
    every = max(-(-max(video.height, video.width) // SIDE), 1)  # a file's are small already
    return (picture_HWC[::every, ::every] for _, picture_HWC in video.pictures(numbers.tolist()))


def halved(grey_HW: np.ndarray) -> np.ndarray:
    """A picture of half the size, where it is not too small for that."""
    height, width = (side // 2 * 2 for side in grey_HW.shape)
    if min(height, width) < 16:
        return grey_HW
    return grey_HW[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))


def tiled(picture_HWC: np.ndarray) -> np.ndarray:
    """The mean colours of ROWS x COLUMNS tiles (H W C, uint8)."""
    rows, columns = (np.linspace(0, side, count, endpoint=False).astype(int)
                     for side, count in zip(picture_HWC.shape, (ROWS, COLUMNS), strict=False))
    height, width = picture_HWC.shape[:2]
    if height < ROWS or width < COLUMNS:
        return picture_HWC[rows][:, columns]
    sums = np.add.reduceat(np.add.reduceat(picture_HWC, rows, 0, np.float32), columns, 1)
    sizes = np.diff([*rows, height])[:, None] * np.diff([*columns, width])
    return (sums / sizes[..., None]).round().astype(np.uint8)


def detail(grey_HW: np.ndarray) -> float:
    """How much neighbouring pixels differ from their mean: fine detail, which blur takes away first."""
    if min(grey_HW.shape) < 3:
        return 0.0
    inner = grey_HW[1:-1, 1:-1]
    around = grey_HW[:-2, 1:-1] + grey_HW[2:, 1:-1] + grey_HW[1:-1, :-2] + grey_HW[1:-1, 2:]
    return float(np.abs(4 * inner - around).mean())


def motion(bins_SB: np.ndarray) -> np.ndarray:
    """The share of each picture that changed by more than the video's own noise."""
    medians = (bins_SB.cumsum(1) < 0.5).sum(1)
    noise = 1.4826 * float(np.quantile(medians[1:], 0.25)) if len(medians) > 1 else 0.0
    least = max(3 * noise, LEAST_CHANGE)
    return bins_SB @ np.clip((np.arange(bins_SB.shape[1]) - least) / FULL_CHANGE, 0, 1)


def clarity(sharp_S: np.ndarray, contrast_S: np.ndarray) -> np.ndarray:
    """Sharpness beside what the video reaches, less where a picture shows next to nothing."""
    enough = SHARP * float(np.quantile(sharp_S, 0.9))
    return np.minimum(sharp_S / (enough or 1.0), 1.0) * np.minimum(contrast_S / LEAST_CONTRAST, 1.0)
