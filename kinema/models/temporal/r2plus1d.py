"""R(2+1)D: a convolution over pixels, then one over frames (Tran et al., arXiv:1711.11248)."""

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Conv
from kinema.models.plan import Place
from kinema.models.temporal.r3d import FRAMES, R3D

MIDDLES = ("block", "conv", "outputs")
ORDERS = ("pixels", "frames")


def middle_channels(inputs: int, outputs: int, frames: int, size: int) -> int:
    """As many channels between the two parts as give both together the weights of the whole (section 3.5)."""
    return max(frames * size**2 * inputs * outputs // (size**2 * inputs + frames * outputs), 1)


@dataclass(eq=False)
class R2Plus1D(R3D):
    """Every convolution over pixels and frames is two, with batch norm and ReLU between them.

    `middle` says how many channels there are between them: so many that the weights are as many as those of the whole
    convolution, counted for each "conv" or, as in torchvision, for the first of a "block" and taken for the second too;
    or as many as the "outputs". The stem has `stem_middle`, or by the rule where that is 0. `first` is what the first
    part covers, "pixels" or "frames". With `split_shortcut` the projections of shortcuts are two as well.
    `middle_eps` is added to the variance by the batch norm between, where it is not as elsewhere.
    """

    middle: str = "block"
    stem_middle: int = 45
    first: str = "pixels"
    split_shortcut: bool = False
    middle_eps: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for option, value, known in (("middle", self.middle, MIDDLES), ("first", self.first, ORDERS)):
            if value not in known:
                raise ModelError(f"{option}={value!r} is unknown; it is one of {', '.join(known)}."
                                 f"{nearest(value, known)}")

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        frames = self.frames(size, place)
        if size == 1 or place.stage not in self.stages:
            return Conv(inputs, outputs, (1, size), stride, groups)
        if place.name == "stem" and self.stem_middle:
            middle = self.stem_middle
        elif self.middle == "outputs" or groups > 1:
            middle = outputs
        else:
            counted = place.inputs or inputs if self.middle == "block" else inputs
            middle = middle_channels(counted, outputs, frames, size)
        return self.split(inputs, (middle, outputs), (frames, size), stride, place, groups)

    def project(self, inputs: int, outputs: int, stride: tuple[int, int], place: Place) -> nn.Module:
        if not self.split_shortcut:
            return super().project(inputs, outputs, stride, place)
        middle = middle_channels(inputs, outputs, FRAMES, 1)  # counted as if it covered frames
        return self.split(inputs, (middle, outputs), (1, 1), stride, place)

    def split(
        self, inputs: int, widths: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], place: Place,
        groups: int = 1,
    ) -> nn.Module:
        """Two convolutions that together cover the frames and pixels of a kernel."""
        (middle, outputs), (frames, size) = widths, kernel
        ends = (inputs, middle), (middle, outputs)
        space, time = ends if self.first == "pixels" else ends[::-1]
        parts: dict[str, nn.Module] = {
            "space": Conv(*space, (1, size), (1, stride[1]), groups),
            "time": Conv(*time, (frames, 1), (stride[0], 1), causal=self.causal),
        }
        names = ("space", "time") if self.first == "pixels" else ("time", "space")
        return nn.Sequential(OrderedDict([
            (names[0], parts[names[0]]),
            ("norm", nn.BatchNorm3d(middle, eps=self.middle_eps or place.habits.norm_eps)),
            ("relu", nn.ReLU()),
            (names[1], parts[names[1]]),
        ]))
