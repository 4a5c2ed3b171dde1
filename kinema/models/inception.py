"""Inception v1 (Szegedy et al., arXiv:1409.4842) with batch norm: blocks of four branches side by side.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict

import torch
from torch import nn

from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal

HABITS = Habits(stem_frames=7, norm_eps=1e-3, time_bias=True)

STEM = {"conv1": (64, 7, 2), "conv2": (64, 1, 1), "conv3": (192, 3, 1)}  # outputs, pixels across, stride
MIXED = {  # outputs of: 1x1; 1x1, then 3x3; 1x1, then 3x3; 1x1 after a pool
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}
STAGES = (0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 4)  # of each block
POOLS = {"conv1": 3, "conv3": 3, "3b": 3, "4e": 2}  # pixels across the pool after a block


class ConvNorm(nn.Sequential):
    """A convolution as the temporal module wants it, batch norm and ReLU: a block of the stem, or part of a branch."""

    def __init__(self, inputs: int, shape: tuple[int, int, int], temporal: Temporal, place: Place) -> None:
        outputs, size, step = shape
        super().__init__(OrderedDict(
            conv=temporal.conv(inputs, outputs, size, (1, step), place),
            bn=nn.BatchNorm3d(outputs, eps=HABITS.norm_eps),
            relu=nn.ReLU(),
        ))
        self.outputs = outputs


class Mixed(nn.Module):
    """Four branches over the same input, side by side in the output."""

    def __init__(self, inputs: int, widths: tuple[int, ...], temporal: Temporal, place: Place) -> None:
        super().__init__()

        def conv(inputs: int, outputs: int, size: int, name: str) -> ConvNorm:
            return ConvNorm(inputs, (outputs, size, 1), temporal, place.at(name))

        one, narrow2, two, narrow3, three, four = widths
        self.branch1 = conv(inputs, one, 1, "first")
        self.branch2 = nn.Sequential(conv(inputs, narrow2, 1, "first"), conv(narrow2, two, 3, "last"))
        self.branch3 = nn.Sequential(conv(inputs, narrow3, 1, "first"), conv(narrow3, three, 3, "last"))
        self.branch4 = nn.Sequential(temporal.pool(3, (1, 1), "max", place), conv(inputs, four, 1, "last"))
        self.outputs = one + two + three + four

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x_NCTHW) for branch in self.children()], dim=1)


class Inception(nn.Module):
    """clip_NCTHW -> features_NCTHW. The stem's three convolutions count as blocks.

    There is no shortcut, so what would stand before a branch stands after each block, as published. With `-tp` every
    pool but the first halves the frames too. `pool` is how frames are pooled; 3-D modules pool pixels by it too.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        names, inputs, frames = [*STEM, *MIXED], plan.channels, plan.frames
        self.blocks = nn.Sequential()
        for block, (name, stage) in enumerate(zip(names, STAGES, strict=True)):
            temporal = plan.temporal(block, len(names))
            place = Place(block, len(names), stage, block - STAGES.index(stage), frames, HABITS)
            whole = place.at("stem") if stage == 0 else place
            frames = frames if block else temporal.kept(frames)
            core = (ConvNorm(inputs, STEM[name], temporal, whole) if name in STEM
                    else Mixed(inputs, MIXED[name], temporal, place))
            inputs = core.outputs
            self.blocks.add_module(name, nn.Sequential(OrderedDict(
                core=core,
                gate=temporal.gate(inputs, place),
                before=temporal.before(inputs, place),
                after=temporal.after(inputs, place),
            )))
            if name in POOLS:
                frame_step = 2 if plan.tp and stage > 0 else 1
                frames = math.ceil(frames / frame_step)
                pool = plan.temporal(block + 1, len(names)).pool(POOLS[name], (frame_step, 2), plan.pool, whole)
                self.blocks.add_module(f"{name}_pool", pool)
        self.channels, self.frames = inputs, frames

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.blocks(clip_NCTHW)
