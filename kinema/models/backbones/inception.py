"""Inception v1 (Szegedy et al., arXiv:1409.4842) with batch norm: blocks of four branches side by side.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from torch import nn

from kinema.models.layers import Pool
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal

STEM = {"conv1": (64, 7, 2), "conv2": (64, 1, 1), "conv3": (192, 3, 1)}  # outputs, pixels across, stride
MIXED = {  # outputs of: 1x1; 1x1, then 3x3; 1x1, then 3x3; 1x1 after a pool
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}
STAGES = (0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 4)  # of each block
NORM_EPS = 1e-3
POOLS = {"conv1": 3, "conv3": 3, "3b": 3, "4e": 2}  # pixels across the pool after a block


@dataclass(frozen=True)
class Form:
    """How the 3-D forms of this backbone see time, whatever the temporal module: a row of the table of forms."""

    habits: Habits
    stem_step: int = 1  # how many frames the first convolution moves on by
    halving: tuple[str, ...] = ()  # the blocks whose pools halve the frames
    tp: tuple[str, ...] = ("conv3", "3b", "4e")  # and those that do in a `-tp`
    flat: tuple[str, ...] = ("conv1",)  # those whose pools cover one frame
    pair: bool = False  # is the end a mean over each two frames?


FORMS = {
    # Chen et al., arXiv:2010.11757
    "inception_v1": Form(Habits(stem_frames=7, norm_eps=NORM_EPS, time_bias=True)),
    # Carreira and Zisserman, arXiv:1705.07750 (I3D); Xie et al., arXiv:1712.04851 (S3D)
    "inception_3d": Form(Habits(stem_frames=7, norm_eps=NORM_EPS, time_bias=False, stem_split=True), stem_step=2,
                         halving=("3b", "4e"), tp=("conv3",), flat=("conv1", "conv3"), pair=True),
}


class ConvNorm(nn.Sequential):
    """A convolution as the temporal module wants it, batch norm and ReLU: a block of the stem, or part of a branch."""

    def __init__(
        self, inputs: int, shape: tuple[int, int, int], temporal: Temporal, place: Place, step: int = 1
    ) -> None:
        outputs, size, pixel_step = shape
        super().__init__(OrderedDict(
            conv=temporal.conv(inputs, outputs, size, (step, pixel_step), place),
            bn=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
            relu=nn.ReLU(),
        ))
        self.outputs, self.parts = outputs, (outputs,)


class Mixed(nn.Module):
    """Four branches over the same input, side by side in the output."""

    def __init__(self, inputs: int, widths: tuple[int, ...], temporal: Temporal, place: Place) -> None:
        super().__init__()

        def conv(inputs: int, outputs: int, size: int, name: str, lead: bool = False) -> ConvNorm:
            return ConvNorm(inputs, (outputs, size, 1), temporal, replace(place, name=name, lead=lead))

        one, narrow2, two, narrow3, three, four = widths
        self.branch1 = conv(inputs, one, 1, "first", lead=True)
        self.branch2 = nn.Sequential(conv(inputs, narrow2, 1, "first"), conv(narrow2, two, 3, "last"))
        self.branch3 = nn.Sequential(conv(inputs, narrow3, 1, "first"), conv(narrow3, three, 3, "last"))
        self.branch4 = nn.Sequential(temporal.pool(3, (1, 1), "max", place), conv(inputs, four, 1, "last"))
        self.parts = (one, two, three, four)
        self.outputs = sum(self.parts)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x_NCTHW) for branch in self.children()], dim=1)


class Inception(nn.Module):
    """clip_NCTHW -> features_NCTHW. The stem's three convolutions count as blocks.

    There is no shortcut, so what would stand before a branch stands after each block, as published. With `-tp` the
    pools that the form names halve the frames too. `pool` is how frames are pooled; 3-D modules pool pixels by it too.
    `same` pads edges as TensorFlow does; `norm_eps` is added to the variance by batch norm. With `far_pools` the pools
    of 3-D modules cover the pixels that those of the image network do, which stick out at the far edges alone.
    """

    def __init__(
        self, form: Form, plan: Plan, same: bool = False, norm_eps: float = NORM_EPS, far_pools: bool = False,
    ) -> None:
        super().__init__()
        names, inputs, frames = [*STEM, *MIXED], plan.channels, plan.frames
        habits = replace(form.habits, same=same, norm_eps=norm_eps, far_pools=far_pools)
        self.blocks = nn.Sequential()
        for block, (name, stage) in enumerate(zip(names, STAGES, strict=True)):
            temporal = plan.temporal(block, len(names))
            place = Place(block, len(names), stage, block - STAGES.index(stage), frames, habits)
            frames = frames if block else temporal.kept(frames)
            stem_step = form.stem_step if stage == 0 else 1
            core = (ConvNorm(inputs, STEM[name], temporal, place.at("stem") if stage == 0 else place, stem_step)
                    if name in STEM else Mixed(inputs, MIXED[name], temporal, place))
            inputs, frames = core.outputs, math.ceil(frames / stem_step)
            place = replace(place, frames=frames, parts=core.parts)
            gated = place.at("stem") if name in ("conv1", "conv2") else place
            self.blocks.add_module(name, nn.Sequential(OrderedDict(
                core=core,
                gate=temporal.gate(inputs, gated),
                before=temporal.before(inputs, place),
                after=temporal.after(inputs, place),
            )))
            if name in POOLS:
                frame_step = 2 if name in form.halving or (plan.tp and name in form.tp) else 1
                frames = math.ceil(frames / frame_step)
                pooled = place.at("stem") if name in form.flat and frame_step == 1 else place
                pool = plan.temporal(block + 1, len(names)).pool(POOLS[name], (frame_step, 2), plan.pool, pooled)
                self.blocks.add_module(f"{name}_pool", pool)
        if form.pair:
            self.blocks.add_module("5b_pool", Pool("avg", (2, 1), (1, 1), padded=False, causal=temporal.causal))
        self.channels, self.frames = inputs, max(frames - form.pair, 1)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.blocks(clip_NCTHW)
