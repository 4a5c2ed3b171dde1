"""Inception v1 (Szegedy et al., arXiv:1409.4842) with batch norm: blocks of four branches side by side.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import nn

from kinema.models.temporal.base import Habits, Place, Temporal

HABITS = Habits(stem_frames=7, norm_eps=1e-3, time_bias=True)

STEM = {"conv1": (64, 7, 2), "conv2": (64, 1, 1), "conv3": (192, 3, 1)}  # outputs, pixels across, stride
BLOCKS = {  # outputs of each branch: 1x1; 1x1 and 3x3; 1x1 and 3x3; pool and 1x1
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip
POOLS = {"conv1": 3, "conv3": 3, "3b": 3, "4e": 2}  # pixels across the pool after a block; all but the first also halve frames


class ConvNorm(nn.Sequential):
    """A convolution as the temporal module wants it, batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int, temporal: Temporal, place: Place) -> None:
        conv = temporal.conv(inputs, outputs, size, (1, stride), place)
        super().__init__(OrderedDict(conv=conv, bn=nn.BatchNorm3d(outputs, eps=HABITS.norm_eps), relu=nn.ReLU()))


class Mixed(nn.Module):
    """Four branches over the same input, side by side in the output."""

    def __init__(self, inputs: int, widths: tuple[int, ...], temporal: Temporal, place: Place) -> None:
        super().__init__()
        one, three_in, three, five_in, five, pooled = widths

        def conv(inputs: int, outputs: int, size: int, name: str) -> ConvNorm:
            return ConvNorm(inputs, outputs, size, 1, temporal, place.at(name))

        self.branch1 = conv(inputs, one, 1, "first")
        self.branch2 = nn.Sequential(conv(inputs, three_in, 1, "first"), conv(three_in, three, 3, "last"))
        self.branch3 = nn.Sequential(conv(inputs, five_in, 1, "first"), conv(five_in, five, 3, "last"))
        self.branch4 = nn.Sequential(temporal.pool(3, (1, 1), "max", place), conv(inputs, pooled, 1, "last"))
        self.outputs = one + three + five + pooled

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x_NCTHW) for branch in self.children()], dim=1)


class Inception(nn.Module):
    """clip_NCTHW -> features_NCTHW.

    The stem's three convolutions count as blocks: `temporal(block, blocks)` says which temporal module a block asks. There
    is no shortcut, so what would stand before a branch stands after each block, as published. `pool` ("max", "avg" or
    None) halves the frames three times, where the pixels are pooled.
    """

    def __init__(
        self, channels: int, frames: int, temporal: Callable[[int, int], Temporal], pool: str | None, method: str
    ) -> None:
        super().__init__()
        names, stages = [*STEM, *BLOCKS], [0, 1, 1, *(int(name[0]) - 1 for name in BLOCKS)]
        self.blocks = nn.Sequential()
        for block, (name, stage) in enumerate(zip(names, stages, strict=True)):
            here = temporal(block, len(names))
            place = Place(block, len(names), stage, block - stages.index(stage), frames, HABITS)
            layers: OrderedDict[str, nn.Module] = OrderedDict()
            if name in STEM:
                outputs, size, stride = STEM[name]
                layers["conv"] = ConvNorm(channels, outputs, size, stride, here, place.at("stem") if block == 0 else place)
            else:
                layers["mixed"] = mixed = Mixed(channels, BLOCKS[name], here, place)
                outputs = mixed.outputs
            layers["gate"] = here.gate(outputs, place)
            layers["before"] = here.before(outputs, place)
            layers["after"] = here.after(outputs, place)
            self.blocks.add_module(name, nn.Sequential(layers))
            channels = outputs
            if name in POOLS:
                halve = 2 if pool and block else 1
                next_one = temporal(block + 1, len(names))
                self.blocks.add_module(f"pool_{name}", next_one.pool(POOLS[name], (halve, 2), method, place.at("stem") if block == 0 else place))
                frames = (frames + halve - 1) // halve
        self.channels = channels

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.blocks(clip_NCTHW)
