"""Residual networks (He et al., arXiv:1512.03385): blocks that ask a temporal module how to see time.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from kinema.models.backbones.shortcut import make_shortcut
from kinema.models.drop_path import drop_path
from kinema.models.means import Windows
from kinema.models.options import at_least, choose
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal

HABITS = Habits(stem_frames=3, norm_eps=1e-5, time_bias=False)
BEFORE = ("branch", "projection", "block")  # what may see a block's input through what stands before it


class Block(nn.Module):
    """A branch of two convolutions over pixels, and a shortcut around it."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.before = temporal.before(inputs, place)
        changed = (inputs, stride) != (outputs, (1, 1))
        self.shared = place.habits.before == "block" or (place.habits.before == "projection" and changed)
        self.branch = self.make_branch(inputs, width, stride, temporal, place)
        self.gate = temporal.gate(outputs, place)
        self.drop_path = drop_path(place.drop_path)
        self.shortcut = make_shortcut(inputs, outputs, stride, temporal, place) if changed else nn.Identity()
        self.relu = nn.ReLU()
        self.after = temporal.after(outputs, place)

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        return nn.Sequential(OrderedDict(
            conv1=temporal.conv(inputs, width, 3, stride, place.at("first")),
            bn1=nn.BatchNorm3d(width, eps=place.habits.norm_eps), relu1=nn.ReLU(),
            conv2=temporal.conv(width, width, 3, (1, 1), place.at("last")),
            bn2=nn.BatchNorm3d(width, eps=place.habits.norm_eps),
        ))

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        seen = self.before(x_NCTHW)
        shortcut = self.shortcut(seen if self.shared else x_NCTHW)
        return self.after(self.relu(self.drop_path(self.gate(self.branch(seen))) + shortcut))


class Bottleneck(Block):
    """A branch with a narrow convolution over pixels between two projections, and a shortcut around it."""

    expansion = 4

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        outputs = width * self.expansion
        first, middle = (stride, (1, 1)) if place.habits.stride_first else ((1, 1), stride)
        conv1 = temporal.conv(inputs, width, 1, first, place.at("first"))
        conv2 = temporal.conv(width, width, 3, middle, place.at("middle"), place.habits.groups)
        return nn.Sequential(OrderedDict(
            conv1=conv1, bn1=nn.BatchNorm3d(width, eps=place.habits.norm_eps), relu1=nn.ReLU(),
            conv2=conv2, bn2=norm(conv2, width, place), relu2=nn.ReLU(),
            conv3=temporal.conv(width, outputs, 1, (1, 1), place.at("last")),
            bn3=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
        ))


def norm(conv: nn.Module, channels: int, place: Place) -> nn.Module:
    """Batch norm after a convolution, or nothing after one that is `normed` already."""
    return nn.Identity() if getattr(conv, "normed", False) else nn.BatchNorm3d(channels, eps=place.habits.norm_eps)


@dataclass(frozen=True)
class Size:
    """A row of the table of residual networks."""

    block: type[Block]
    counts: tuple[int, ...]  # blocks of each stage
    width: int = 64  # channels of the first stage
    stem: int = 7  # pixels across the stem's convolution
    stem_pool: bool = True  # without it the first block halves the pixels, after it has seen how they move
    stem_width: int = 0  # channels of the stem, where they are not `width`
    groups: int = 1  # that a bottleneck's middle convolution keeps apart
    joins: tuple[int, int, int, int] = (0, 0, 0, 0)  # channels of another pathway that join each stage's input


SIZES = {
    "resnet_tiny": Size(Block, (1, 1, 1, 1), width=16, stem=5, stem_pool=False),
    "resnet10": Size(Block, (1, 1, 1, 1)),
    "resnet18": Size(Block, (2, 2, 2, 2)),
    "resnet34": Size(Block, (3, 4, 6, 3)),
    "resnet50": Size(Bottleneck, (3, 4, 6, 3)),
    "resnet101": Size(Bottleneck, (3, 4, 23, 3)),
    "resnet152": Size(Bottleneck, (3, 8, 36, 3)),
    "resnet200": Size(Bottleneck, (3, 24, 36, 3)),
}


def windows(owner: str, head_size: int, shrink: int) -> Windows:
    """Windows of as many places as a clip of `head_size` pixels has (0: all), each for `shrink` pixels."""
    at_least(owner, 0, "all places", head_size=head_size)
    return Windows(math.ceil(head_size / shrink))


def dilate(stage: nn.Module) -> None:
    """Let the kernels of a stage's branches see every second place, in the convolutions they have."""
    for block in stage.modules():
        for conv in block.branch.modules() if isinstance(block, Block) else ():
            if isinstance(conv, nn.Conv3d) and conv.kernel_size[1] == 3:
                conv.dilation, conv.padding = (1, 2, 2), (int(conv.padding[0]), 2, 2)


def pixel_step(stem: nn.Module) -> int:
    """How many pixels, along each side, become one place in layers that stand one after the other."""
    strides: list[Any] = [getattr(layer, "stride", None) for layer in stem.modules()]
    return math.prod(stride[-1] for stride in strides if isinstance(stride, tuple))


class ResNet(nn.Module):
    """clip_NCTHW -> features_NCTHW. The stem asks the first block's temporal module.

    Where the temporal module steps over frames (`-tp`: in each stage but the first), its convolutions stride, or else a
    pool stands before the stage. `norm_eps` is added to the variance by batch norm; `width_factor` is how many times
    the channels there are. `shortcut` is "projected", "padded" with channels of zeros, or "cut" (padded, without
    gradient). A bottleneck's stride is in its middle convolution, or with `stride_first` in its first. `first_stride`
    is how many pixels the first stage strides over, and `stem_width` the channels of the stem, where these are not as
    usual. What a temporal module puts before a block is seen by its "branch", by a "projection" of its shortcut too, or
    by the whole "block". Of a clip of more than `head_size` pixels a side the features are those of all windows
    of that size (0: of all places). `dilated`: the last stage strides over no pixels, and its kernels see every second
    place instead, which gives twice as many places a side (Feichtenhofer et al., arXiv:1812.03982, section 5).
    """

    def __init__(
        self, size: Size, plan: Plan, norm_eps: float = HABITS.norm_eps, width_factor: float = 1.0,
        shortcut: str = HABITS.shortcut, stride_first: bool = False, first_stride: int = 0,
        stem_width: int = 0, before: str = HABITS.before, head_size: int = 0, dilated: bool = False,
    ) -> None:
        super().__init__()
        choose("before", before, BEFORE)
        habits = replace(HABITS, norm_eps=norm_eps, shortcut=shortcut, stride_first=stride_first, groups=size.groups,
                         before=before)
        blocks, inputs = sum(size.counts), stem_width or int((size.stem_width or size.width) * width_factor)
        first = plan.temporal(0, blocks)
        frames = math.ceil(first.kept(plan.frames) / first.step(0, plan.tp))
        place = Place(0, blocks, 0, 0, plan.frames, habits)
        self.stem = first.stem(plan.channels, inputs, size.stem, size.stem_pool, place)
        self.stages, self.shrink = nn.Sequential(), pixel_step(self.stem)
        for stage, count in enumerate(size.counts, start=1):
            layers, first_block = nn.Sequential(), sum(size.counts[: stage - 1])
            width = int(size.width * 2 ** (stage - 1) * width_factor)
            frame_step = plan.temporal(first_block, blocks).step(stage, plan.tp)
            step = 2 if stage > 1 or not size.stem_pool else 1
            step = first_stride or step if stage == 1 else step
            step = 1 if dilated and stage == len(size.counts) else step
            self.shrink *= step
            frames, inputs = math.ceil(frames / frame_step), inputs + size.joins[stage - 1]
            for index in range(count):
                temporal = plan.temporal(first_block + index, blocks)
                stride = (1, 1) if index else (frame_step if temporal.strides else 1, step)
                place = Place(first_block + index, blocks, stage, index, frames, habits, inputs,
                              last=index == count - 1, drop_path=plan.drop_path_at(first_block + index, blocks))
                if index == 0 and stride[0] < frame_step:
                    layers.add_module("pool", temporal.time_pool(plan.pool, place))
                layers.add_module(str(index), size.block(inputs, width, stride, temporal, place))
                inputs = width * size.block.expansion
            self.stages.add_module(str(stage), layers)
        if dilated:
            dilate(self.stages[-1])
        self.channels, self.frames = inputs, frames
        self.windows = windows("resnet", head_size, self.shrink)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.windows(self.stages(self.stem(clip_NCTHW)))
