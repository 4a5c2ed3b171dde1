"""How training clips are varied."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from kinema.data.transforms import boxes
from kinema.data.transforms.boxes import Box, Size
from kinema.errors import DataError, nearest

if TYPE_CHECKING:
    from torch import Generator

STRONGEST = 10.0  # what `magnitude` is counted to
COLOURS = ("brightness", "contrast", "saturation")
CROPS: dict[str, Callable[[Size, Size, "Augment", "Generator | None"], Box]] = {
    "resized": lambda picture, target, way, draws: boxes.random_resized(picture, target, way.scale, way.ratio, draws),
    "stretch_resized": lambda picture, _, way, draws: CROPS["resized"](picture, picture, way, draws),
    "multiscale": lambda picture, target, way, draws: boxes.multiscale(picture, target, draws),
    "jitter": lambda picture, target, way, draws: boxes.jitter(picture, target, way.scale, draws),
    "centre": lambda picture, target, way, draws: boxes.centre(picture, target),
    "stretch": lambda picture, target, way, draws: boxes.whole(picture),
}


def _help(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Augment:
    """What a training clip may show of its video: where it is cut out, whether it is mirrored, how its colours change.

    `crop`: "resized" cuts `scale` of the area of the largest box of the clip's shape, stretched by a factor in `ratio`;
    "stretch_resized" cuts `scale` of the picture in its own shape and squeezes it into the clip; "multiscale" takes one
    of the fixed scales and places; "jitter" cuts `scale` of the largest box's side; "centre" is the crop of the test;
    "stretch" squeezes the whole picture into the clip. In time a clip is drawn from `span` to all of its video. Colours
    vary by up to the share given. `randaugment` is how many of fourteen changes a clip goes through, each as strong as
    `magnitude` of 10, and `erase` the chance with which a box of it is erased. Both are alike in all frames; but with
    an `erase_span` below 1 the box is there in fewer of them, from that share to all.
    """

    crop: str = _help("resized", f"what a training clip is cut out by: {', '.join(CROPS)}")
    scale: tuple[float, float] = _help((0.4, 1.0), "smallest and largest crop, of 1")
    ratio: tuple[float, float] = _help((0.75, 1.3333), "how much crops are stretched sideways")
    span: float = _help(1.0, "smallest part of the video, of 1, that a training clip is drawn from")
    flip: bool = _help(True, "mirror half of the clips; classes that mind left and right swap names or are left alone")
    brightness: float = _help(0.0, "vary the brightness by up to this share")
    contrast: float = _help(0.0, "vary the contrast by up to this share")
    saturation: float = _help(0.0, "vary the colourfulness by up to this share")
    randaugment: int = _help(0, "changes that RandAugment draws for each clip; 0 is off")
    magnitude: float = _help(7.0, "how strong those changes are, from 0 to 10")
    erase: float = _help(0.0, "chance that a box of a clip is erased (random erasing)")
    erase_span: float = _help(1.0, "smallest part of the frames, of 1, that is erased")

    def __post_init__(self) -> None:
        if not isinstance(self.crop, str) or self.crop not in CROPS:
            raise DataError(f"The crop {self.crop!r} is none of {', '.join(CROPS)}.{nearest(self.crop, CROPS)}")
        for name, pair, most in (("scale", self.scale, 1.0), ("ratio", self.ratio, float("inf"))):
            if not (isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(each, int | float) for each in pair)
                    and 0 < pair[0] <= pair[1] <= most):
                came = " to ".join(map(str, pair)) if isinstance(pair, tuple) else repr(pair)
                raise DataError(f"An augmentation's {name} is {came}; expected two rising numbers "
                                f"above 0{', at most 1' if most == 1 else ''}.")
        for one in fields(self):
            value, whole = getattr(self, one.name), type(one.default) is int
            if type(one.default) in (int, float) and (isinstance(value, bool) or not isinstance(value, int | float)
                                                      or (whole and value != int(value))):
                raise DataError(f"An augmentation's {one.name} is {value!r}; expected a {'whole ' * whole}number.")
        for name in ("span", "erase_span"):
            if not 0 < getattr(self, name) <= 1:
                raise DataError(f"An augmentation's {name} is {getattr(self, name)}; it must be above 0 and at most 1.")
        for name, largest in (("randaugment", float("inf")), ("magnitude", STRONGEST), ("erase", 1.0)):
            if not 0 <= getattr(self, name) <= largest:
                most_is = "" if largest == float("inf") else f" and at most {largest:g}"
                raise DataError(f"An augmentation's {name} is {getattr(self, name)}; it must be 0 or more{most_is}.")
        for name in COLOURS:
            if not 0 <= getattr(self, name) < 1:
                raise DataError(f"An augmentation's {name} is {getattr(self, name)}; it must be 0 or more and below 1.")

    @property
    def colours(self) -> list[str]:
        """Which changes of colours are asked for."""
        return [name for name in COLOURS if getattr(self, name)]

    @property
    def test_crop(self) -> str:
        """What clips that are judged show, to match: a row of `ClipSpec.crop`."""
        return "stretch" if self.crop in ("stretch", "stretch_resized") else "centre"

    def box(self, picture: Size, target: Size, generator: "Generator | None") -> Box:
        """The part of a picture that a training clip shows."""
        return CROPS[self.crop](picture, target, self, generator)
