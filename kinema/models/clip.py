"""What a network expects to be fed."""

from dataclasses import asdict, dataclass
from typing import Any

from kinema.errors import ModelError, nearest

CHANNELS = {  # how many channels each kind of input has
    "rgb": 3, "difference": 1, "normalised_difference": 1, "flow": 2, "rgb+flow": 5,
    "flow_stack": 20,  # how far things move to the right and down from each of ten frames to the next
    "flow_stack5": 10,  # the same of five frames
    "rgb+flow_stack": 23,
}
FIELDS = {"flow": 1, "rgb+flow": 1, "flow_stack": 10, "flow_stack5": 5, "rgb+flow_stack": 10}  # of flow, beside a frame
SAMPLINGS = ("uniform", "dense")
CROPS = ("centre", "stretch")
ORDERS = ("rgb", "bgr")
FLOWS = ("dis", "farneback", "tvl1")
FLOW_SIDE = 224  # pixels of the shorter side of the clip that vectors of flow are told in


@dataclass(frozen=True)
class ClipSpec:
    """The clip a network expects: `frames` frames of `height` x `width` pixels.

    `sampling` "uniform" takes one frame from each of `frames` equal parts of a video, or so many `neighbours` in a row
    from each of fewer parts; "dense" takes frames `stride` apart, counted in frames of the video or, when `fps` is
    given, at that rate. `input` "rgb" is colour, scaled to
    0..1 and normalised by `mean` and `std`; "difference" is how much brighter each pixel became since the frame before;
    "normalised_difference" is that over its own spread in the clip: a faint camera counts as much as a sharp one.
    `mean` and `std` are of values from 0 to 1, in the `order` in which the network takes the colours.
    "flow" is how far each pixel moves to the right and down until the next frame of the video, "flow_stack" ten such
    fields one after the other, beside each other ("flow_stack5": five); "rgb+flow" and "rgb+flow_stack" have those
    beside the colour of each frame. `flow` is how it is found: "dis", "farneback" or "tvl1". Vectors are as long as in
    a clip whose shorter side is FLOW_SIDE pixels: they are cut off at `flow_bound` pixels each way, and divided by
    `flow_unit` (right, down; None: by the bound, to -1..1, as I3D has it, arXiv:1705.07750). `flow_centred` takes the
    mean of each field from it first, which makes up for a camera that moves (arXiv:1406.2199).
    `crop` is what a clip shows of the picture when nothing is random: its "centre", or "stretch": all of it, squeezed.
    The centre is cut from a picture `resize`d before: its shorter side in pixels, or (height, width); None: so that the
    clip is 7/8 of it, 224 of 256.
    """

    frames: int = 8
    height: int = 224
    width: int = 224
    sampling: str = "uniform"
    stride: int = 1
    fps: float | None = None
    input: str = "rgb"
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    crop: str = "centre"
    order: str = "rgb"
    resize: int | tuple[int, int] | None = None
    neighbours: int = 1
    flow: str = "dis"
    flow_bound: float = 20.0
    flow_unit: tuple[float, ...] | None = None
    flow_centred: bool = False

    def __post_init__(self) -> None:
        for name in ("frames", "height", "width", "stride", "neighbours"):
            if not hasattr(getattr(self, name), "__index__") or getattr(self, name) < 1:
                raise ModelError(f"A clip's {name} is {getattr(self, name)}; it must be a whole number, 1 or more.")
        if self.fps is not None and not self.fps > 0:
            raise ModelError(f"A clip's fps is {self.fps}; it must be above 0.")
        for name, known in (("sampling", SAMPLINGS), ("input", tuple(CHANNELS)), ("crop", CROPS), ("order", ORDERS),
                            ("flow", FLOWS)):
            if getattr(self, name) not in known:
                came = getattr(self, name)
                raise ModelError(f"A clip's {name} is {came!r}; it must be one of {', '.join(known)}."
                                 f"{nearest(came, known)}")
        for name, least in (("mean", 0.0), ("std", 1e-6)):
            came = getattr(self, name)
            if len(came) != 3 or not all(isinstance(one, int | float) and least <= one <= 1 for one in came):
                raise ModelError(f"A clip's {name} is {came}; expected three numbers from {least:g} to 1, of colours "
                                 "that go from 0 to 1.")
        unit = self.unit
        if self.flow_bound <= 0 or len(unit) != 2 or min(unit) <= 0:
            raise ModelError(f"A clip's flow_bound is {self.flow_bound} and its flow_unit {self.flow_unit}; expected "
                             "pixels above 0, one number and two.")
        if self.frames % self.neighbours:
            raise ModelError(f"A clip of {self.frames} frames cannot be made of rows of {self.neighbours} "
                             f"neighbours; expected a multiple of {self.neighbours} frames.")
        if self.neighbours > 1 and self.sampling != "uniform":
            raise ModelError(f"neighbours={self.neighbours}: only a uniform clip has parts that give several.")
        short = min(self.resize) if isinstance(self.resize, tuple) else self.resize
        if short is not None and short < min(self.height, self.width):
            raise ModelError(f"A clip of {self.height} x {self.width} pixels cannot be cut from a picture resized to "
                             f"{self.resize}.")

    @property
    def size(self) -> int | tuple[int, int]:
        """The side in pixels of a square clip, or (height, width)."""
        return self.height if self.height == self.width else (self.height, self.width)

    @property
    def fields(self) -> int:
        """How many fields of flow are beside each frame."""
        return FIELDS.get(self.input, 0)

    @property
    def pictured(self) -> bool:
        """Whether the clip shows the pictures themselves, and not their flow alone."""
        return self.channels != 2 * self.fields

    @property
    def unit(self) -> tuple[float, ...]:
        """How many pixels of flow, to the right and down, become 1."""
        return (self.flow_bound, self.flow_bound) if self.flow_unit is None else self.flow_unit

    @property
    def channels(self) -> int:
        """How many channels the clip has."""
        return CHANNELS[self.input]

    @property
    def shape_CTHW(self) -> tuple[int, int, int, int]:
        """The clip's shape: channels, frames, rows, columns."""
        return self.channels, self.frames, self.height, self.width

    @property
    def sides(self) -> str:
        """Frames, rows and columns, in short."""
        return f"{self.frames}x{self.height}x{self.width}"

    @property
    def words(self) -> str:
        """What the clip shows."""
        when = f"every {self.stride} frames" + (f" at {self.fps:g} fps" if self.fps else "")
        return (f"{self.frames} frames of {self.height} × {self.width} pixels, {self.input}, "
                + ("spread over the whole video" if self.sampling == "uniform" else when))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ClipSpec":
        """The inverse of `to_dict`."""
        known: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        return cls(**known)


def parse_size(text: str) -> int | tuple[int, int]:
    """The size that a text such as "112", or "72x96" (height x width), names."""
    parts = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise ModelError(f"A size of {text!r} came; expected a side such as 112, or HEIGHTxWIDTH such as 72x96.")
    return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))


def height_width(size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a side in pixels or of a (height, width) pair."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
