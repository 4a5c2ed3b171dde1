"""Heat over the pictures of a video, with what it is of, its scale, and when it was hot.

Axes: T frames of a clip, H rows, W columns.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from kinema.errors import KinemaError
from kinema.explain.film import pillow

COLOURS = "inferno"  # of matplotlib's: even steps of brightness, also for those who see no red or green
COOLEST, HOTTEST = 0.1, 0.995  # shares of all places between which heat is told apart: roll-out is 0 nowhere
COVER = 0.65  # how much of the picture the hottest places hide
HEADER, FOOTER, SIDE, GAP = 46, 42, 46, 8  # pixels
INK, FAINT, PAPER = (240, 240, 240), (170, 170, 170), (18, 18, 20)


@dataclass
class Overlay:
    """Draws over pictures how hot each place of a clip is, `caption` above it and `detail` in small letters below that.

    `heat_THW` may be of any size; it stands for the moments `clip_times` (seconds), between which it goes over evenly.
    Every clip has its own scale, from its coolest places to its hottest. Needs the `explain` extra.
    """

    heat_THW: np.ndarray
    clip_times: np.ndarray
    caption: str
    detail: str

    def __post_init__(self) -> None:
        least, most = (float(level) for level in np.quantile(self.heat_THW, (COOLEST, HOTTEST)))
        most = most if most > least else float(self.heat_THW.max())
        self.heat_THW = np.clip((self.heat_THW - least) / ((most - least) or 1.0), 0, 1).astype(np.float32)

    def at(self, time: float) -> np.ndarray:
        """The heat at a time (H W, from 0 to 1)."""
        place = float(np.interp(time, self.clip_times, np.arange(len(self.clip_times))))
        before = int(place)
        after = min(before + 1, len(self.heat_THW) - 1)
        return (1 - place + before) * self.heat_THW[before] + (place - before) * self.heat_THW[after]

    def draw(self, picture_HWC: np.ndarray, time: float, span: tuple[float, float]) -> np.ndarray:
        """A picture (H W 3, uint8) with its heat, and where `time` lies in the seconds `span` that are shown."""
        height, width = picture_HWC.shape[:2]
        heat_HW = enlarged(self.at(time), (height, width))
        hot_HWC = palette()[(heat_HW * 255).astype(np.uint8)]
        cover_HW1 = COVER * heat_HW[..., None]
        mixed_HWC = (1 - cover_HW1) * muted(picture_HWC) + cover_HW1 * hot_HWC
        page = np.full((HEADER + height + FOOTER, width + SIDE, 3), PAPER, np.uint8)
        page[HEADER : HEADER + height, :width] = mixed_HWC.round().astype(np.uint8)
        self.scale(page, height, width)
        self.moments(page, time, span, height, width)
        return self.words(page, time, height, width)

    def scale(self, page: np.ndarray, height: int, width: int) -> None:
        """The colours from hot to cold, right of the picture."""
        rows = np.linspace(255, 0, height - 44).astype(np.uint8)
        page[HEADER + 22 : HEADER + height - 22, width + 14 : width + 30] = palette()[rows][:, None].astype(np.uint8)

    def moments(self, page: np.ndarray, time: float, span: tuple[float, float], height: int, width: int) -> None:
        """How hot each moment is, below the picture, with the frames that the network saw and the moment on show."""
        each_T = self.heat_THW.mean((1, 2))
        seconds_W = np.linspace(*span, width)
        level_W = np.interp(seconds_W, self.clip_times, each_T / (float(each_T.max()) or 1.0))
        foot, tall = HEADER + height + FOOTER - 14, FOOTER - 22
        for column, level in enumerate(level_W):
            page[foot - max(round(tall * float(level)), 1) : foot, column] = palette()[int(80 + 150 * level)]
        for seconds in self.clip_times:
            column = column_at(seconds, span, width)
            page[foot + 2 : foot + 6, column : column + 2] = FAINT
        column = column_at(time, span, width)
        page[foot - tall - 2 : foot + 8, column : column + 2] = INK

    def words(self, page: np.ndarray, time: float, height: int, width: int) -> np.ndarray:
        """The page with what is written on it."""
        picture = pillow().fromarray(page)
        pen = pencil(picture)
        pen.text((GAP, 4), shortened(pen, self.caption, 18, width + SIDE - 2 * GAP), INK, letters(18))
        pen.text((GAP, 27), shortened(pen, self.detail, 12, width + SIDE - 2 * GAP), FAINT, letters(12))
        pen.text((width + 9, HEADER + 4), "high", FAINT, letters(12))
        pen.text((width + 9, HEADER + height - 19), "low", FAINT, letters(12))
        pen.text((width + 4, HEADER + height + 12), f"{time:.1f} s", INK, letters(13))
        return np.asarray(picture)


def column_at(seconds: float, span: tuple[float, float], width: int) -> int:
    """Where a time stands in a picture so wide, of which one column to its right is left."""
    part = (seconds - span[0]) / max(span[1] - span[0], 1e-9)
    return min(max(round(part * (width - 1)), 0), width - 2)


def enlarged(heat_HW: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A map of another size, without edges."""
    small_11HW = torch.from_numpy(heat_HW)[None, None]
    return torch.nn.functional.interpolate(small_11HW, size, mode="bicubic")[0, 0].clamp(0, 1).numpy()


def muted(picture_HWC: np.ndarray) -> np.ndarray:
    """A picture with half of its colour, so that colours mean heat."""
    grey_HW1 = picture_HWC.astype(np.float32) @ np.array([[0.299], [0.587], [0.114]], np.float32)
    return 0.5 * picture_HWC + 0.5 * grey_HW1


def shortened(pen: Any, text: str, size: int, most: int) -> str:
    """As much of a text as fits into so many pixels."""
    if pen.textlength(text, letters(size)) <= most:
        return text
    while text and pen.textlength(f"{text}…", letters(size)) > most:
        text = text[:-1]
    return f"{text}…"


def pencil(picture: Any) -> Any:
    """What writes on one of Pillow's pictures."""
    from PIL import ImageDraw

    return ImageDraw.Draw(picture)


@cache
def palette() -> np.ndarray:
    """256 colours from cold to hot (256 3, from 0 to 255)."""
    return np.asarray(plots().colormaps[COLOURS](np.arange(256)))[:, :3].astype(np.float32) * 255


@cache
def letters(size: int) -> Any:
    """matplotlib's own letters, so many pixels high."""
    from PIL import ImageFont

    path = plots().get_data_path() + "/fonts/ttf/DejaVuSans.ttf"
    return ImageFont.truetype(path, size)


def plots() -> Any:
    """matplotlib."""
    try:
        import matplotlib
    except ImportError as error:
        raise KinemaError("Drawing needs Pillow and matplotlib: pip install 'kinema[explain]'.") from error
    return matplotlib


def percent(label: str, score: float) -> str:
    """A label and its score in words."""
    return f"{label}  {score:.1%}"
