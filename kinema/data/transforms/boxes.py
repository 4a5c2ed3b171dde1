"""Which part of a picture a clip shows: numbers in, boxes out; every crop is one box, cut out and then resized.

A picture and a target are (height, width) in pixels. Without a generator every choice is its middle.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

from kinema.models.clip import ClipSpec

if TYPE_CHECKING:
    from torch import Generator

Size = tuple[int, int]  # height, width
Range = tuple[float, float]

TEST_SIDE = 0.875  # a test crop's share of the picture: 224 of 256 pixels (Simonyan and Zisserman 2014, and all after)


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    top: int
    left: int
    height: int
    width: int


def one(generator: "Generator | None") -> float:
    """A number in 0 to 1; without a generator 0.5."""
    if generator is None:
        return 0.5
    from kinema.data.sampling import draw  # whoever has a generator has torch; a recipe is told without it

    return float(draw(generator, 1))


def between(low_high: Range, generator: "Generator | None") -> float:
    """A number between two."""
    low, high = low_high
    return low + (high - low) * one(generator)


def largest(picture: Size, target: Size) -> tuple[float, float]:
    """Height and width of the largest part of a picture that has the target's shape."""
    scale = min(picture[0] / target[0], picture[1] / target[1])
    return target[0] * scale, target[1] * scale


def placed(picture: Size, size: tuple[float, float], down: float, right: float) -> Box:
    """The box of a size at a place: `down` and `right` are 0 at the top and left edge, 1 at the others."""
    height = min(max(round(size[0]), 1), picture[0])
    width = min(max(round(size[1]), 1), picture[1])
    return Box(round((picture[0] - height) * down), round((picture[1] - width) * right), height, width)


def whole(picture: Size) -> Box:
    """All of the picture."""
    return Box(0, 0, *picture)


def centre(picture: Size, target: Size, side: float = TEST_SIDE) -> Box:
    """The middle of the picture, in the target's shape, `side` times as large as would fit."""
    height, width = largest(picture, target)
    return placed(picture, (height * side, width * side), 0.5, 0.5)


def centre_resized(picture: Size, target: Size, resize: int | Size) -> Box:
    """The middle of a picture that is resized first, to a shorter side or to (height, width), as `target` shows it."""
    short = min(picture)
    height, width = (picture[0] / resize[0], picture[1] / resize[1]) if isinstance(resize, tuple) else (
        short / resize, short / resize)  # pixels of the picture that make one of the clip
    return placed(picture, (target[0] * height, target[1] * width), 0.5, 0.5)


def of_test(picture: Size, spec: ClipSpec) -> Box:
    """What a clip shows of a picture when nothing is random."""
    if spec.crop == "stretch":
        return whole(picture)
    target = spec.height, spec.width
    return centre(picture, target) if spec.resize is None else centre_resized(picture, target, spec.resize)


def jitter(picture: Size, target: Size, scale: Range, generator: "Generator | None") -> Box:
    """Scale jitter: a box of the target's shape whose side is `scale` of the largest, anywhere.

    (0.7, 0.875) is a 224 pixel crop from pictures whose short side was made 256 to 320 pixels.
    """
    height, width = largest(picture, target)
    side = 1 / between((1 / scale[1], 1 / scale[0]), generator)  # even in the length that the short side is resized to
    return placed(picture, (height * side, width * side), one(generator), one(generator))


MULTI_SCALES = (1.0, 0.875, 0.75, 0.66)
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
_FIXED = (
    *CORNERS, (0.5, 0.5), (0.0, 0.5), (0.5, 0.0), (0.5, 1.0), (1.0, 0.5),
    (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75),
)


def multiscale(picture: Size, target: Size, generator: "Generator | None") -> Box:
    """One of the multi-scale crops at 13 fixed places (Wang et al. 2016, temporal segment networks).

    Height and width are one of MULTI_SCALES each, at most one step apart; without a generator the whole, centred.
    """
    height, width = largest(picture, target)
    pairs = [(a, b) for i, a in enumerate(MULTI_SCALES) for j, b in enumerate(MULTI_SCALES) if abs(i - j) < 2]
    if generator is None:
        return placed(picture, (height, width), 0.5, 0.5)
    down, up = pairs[int(one(generator) * len(pairs))]
    return placed(picture, (height * down, width * up), *_FIXED[int(one(generator) * len(_FIXED))])


def random_resized(picture: Size, target: Size, scale: Range, ratio: Range, generator: "Generator | None") -> Box:
    """A box with `scale` of the largest box's area, its shape changed by a factor in `ratio`, anywhere.

    Szegedy et al. 2014, section 6; a box that would not fit is cut to the picture instead of drawn again.
    """
    height, width = largest(picture, target)
    side = math.sqrt(between(scale, generator))
    stretch = math.sqrt(math.exp(between((math.log(ratio[0]), math.log(ratio[1])), generator)))
    return placed(picture, (height * side / stretch, width * side * stretch), one(generator), one(generator))


def three(picture: Size, target: Size) -> list[Box]:
    """Three boxes as large as fit, from one end of the picture's free side to the other."""
    return [placed(picture, largest(picture, target), share, share) for share in (0.0, 0.5, 1.0)]


def five(picture: Size, target: Size) -> list[Box]:
    """The four corners and the centre, each TEST_SIDE of the largest box."""
    height, width = largest(picture, target)
    size = height * TEST_SIDE, width * TEST_SIDE
    return [placed(picture, size, *place) for place in (*CORNERS, (0.5, 0.5))]
