"""What a made-up data set is: one frozen value, from which every clip follows."""

from dataclasses import dataclass
from typing import Any

from kinema.errors import DataError, nearest

DEFAULTS: dict[str, dict[str, Any]] = {  # kind: what its clips look like unless told otherwise
    "motion": {"clips": 5400, "frames": 12, "height": 64, "width": 64, "fps": 12.0},
    "change": {"clips": 3600, "frames": 20, "height": 64, "width": 64, "fps": 12.0},
    "scene": {"clips": 1600, "frames": 12, "height": 64, "width": 64, "fps": 12.0},
    "figures": {"clips": 1080, "frames": 36, "height": 112, "width": 112, "fps": 12.0},
}


@dataclass(frozen=True)
class Size:
    """A clip's measures: frames, and pixels down and across."""

    frames: int
    height: int
    width: int

    @property
    def side(self) -> int:
        """The short side in pixels: the unit in which everything is drawn."""
        return min(self.height, self.width)

    @property
    def tall(self) -> float:
        """The height in short sides."""
        return self.height / self.side

    @property
    def wide(self) -> float:
        """The width in short sides."""
        return self.width / self.side


@dataclass(frozen=True)
class SyntheticSpec:
    """A made-up data set; `synthetic_spec` fills in what its kind usually is.

    clips counts the whole set, shared evenly among its classes; frames is a clip's length; height and width are even
    numbers of pixels; difficulty, 0 to 1, adds noise, clutter and camera shake, and to `scene` coloured light and haze;
    test_fraction is the share of the sources on the test side. Raises DataError on values that make no set.
    """

    kind: str
    clips: int
    frames: int
    height: int
    width: int
    fps: float
    difficulty: float = 0.3
    seed: int = 0
    test_fraction: float = 0.2

    def __post_init__(self) -> None:
        check_kind(self.kind)
        for name, least in {"clips": 1, "frames": 4, "height": 32, "width": 32, "seed": 0}.items():
            if getattr(self, name) < least:
                raise DataError(f"{name} is {getattr(self, name)}, but must be at least {least}.")
        for name in ("height", "width"):
            pixels = getattr(self, name)
            if pixels % 2:
                raise DataError(f"{name} is {pixels}, but video wants an even number: {pixels - 1} or {pixels + 1}.")
        if self.fps <= 0:
            raise DataError(f"fps is {self.fps}, but must be more than 0 frames a second.")
        for name in ("difficulty", "test_fraction"):
            if not 0 <= getattr(self, name) <= 1:
                raise DataError(f"{name} is {getattr(self, name)}, but must lie between 0 and 1.")

    @property
    def size(self) -> Size:
        return Size(self.frames, self.height, self.width)


def synthetic_spec(kind: str, **options: Any) -> SyntheticSpec:
    """A set of a kind with some options changed; options left out or None are the kind's row of `DEFAULTS`."""
    check_kind(kind)
    return SyntheticSpec(kind, **(DEFAULTS[kind] | {name: v for name, v in options.items() if v is not None}))


def check_kind(kind: str) -> None:
    if kind not in DEFAULTS:
        raise DataError(f"No made-up data set is called {kind!r}.{nearest(kind, DEFAULTS)} "
                        f"There are {', '.join(DEFAULTS)}.")
