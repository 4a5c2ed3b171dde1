"""Residual networks (He et al., arXiv:1512.03385): blocks that ask a temporal module how to see time.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from torch import nn

from kinema.models.layers import Conv
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal

HABITS = Habits(stem_frames=3, norm_eps=1e-5, time_bias=False)


class Block(nn.Module):
    """A branch of two convolutions over pixels, and a shortcut around it."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.before = temporal.before(inputs, place)
        self.branch = self.make_branch(inputs, width, stride, temporal, place)
        self.gate = temporal.gate(outputs, place)
        self.shortcut = nn.Identity() if (inputs, stride) == (outputs, (1, 1)) else nn.Sequential(OrderedDict(
            conv=Conv(inputs, outputs, (1, 1), stride), bn=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
        ))
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
        branch = self.gate(self.branch(self.before(x_NCTHW)))
        return self.after(self.relu(branch + self.shortcut(x_NCTHW)))


class Bottleneck(Block):
    """A branch with a narrow convolution over pixels between two projections, and a shortcut around it."""

    expansion = 4

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        outputs = width * self.expansion
        return nn.Sequential(OrderedDict(
            conv1=temporal.conv(inputs, width, 1, (1, 1), place.at("first")),
            bn1=nn.BatchNorm3d(width, eps=place.habits.norm_eps), relu1=nn.ReLU(),
            conv2=temporal.conv(width, width, 3, stride, place.at("middle")),
            bn2=nn.BatchNorm3d(width, eps=place.habits.norm_eps), relu2=nn.ReLU(),
            conv3=temporal.conv(width, outputs, 1, (1, 1), place.at("last")),
            bn3=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
        ))


@dataclass(frozen=True)
class Size:
    """A row of the table of residual networks."""

    block: type[Block]
    counts: tuple[int, int, int, int]  # blocks of each stage
    width: int = 64  # channels of the first stage
    stem: int = 7  # pixels across the stem's convolution
    stem_pool: bool = True  # without it the first block halves the pixels, after it has seen how they move


SIZES = {
    "resnet_tiny": Size(Block, (1, 1, 1, 1), width=16, stem=5, stem_pool=False),
    "resnet18": Size(Block, (2, 2, 2, 2)),
    "resnet34": Size(Block, (3, 4, 6, 3)),
    "resnet50": Size(Bottleneck, (3, 4, 6, 3)),
    "resnet101": Size(Bottleneck, (3, 4, 23, 3)),
    "resnet152": Size(Bottleneck, (3, 8, 36, 3)),
}


class ResNet(nn.Module):
    """clip_NCTHW -> features_NCTHW. The stem asks the first block's temporal module.

    Where the temporal module steps over frames (`-tp`: in each stage but the first), its convolutions stride, or else a
    pool stands before the stage. `norm_eps` is added to the variance by batch norm.
    """

    def __init__(self, size: Size, plan: Plan, norm_eps: float = HABITS.norm_eps) -> None:
        super().__init__()
        blocks, inputs, habits = sum(size.counts), size.width, replace(HABITS, norm_eps=norm_eps)
        first = plan.temporal(0, blocks)
        frames = math.ceil(first.kept(plan.frames) / first.step(0, plan.tp))
        place = Place(0, blocks, 0, 0, plan.frames, habits)
        self.stem = first.stem(plan.channels, inputs, size.stem, size.stem_pool, place)
        self.stages = nn.Sequential()
        for stage, count in enumerate(size.counts, start=1):
            layers, width, first_block = nn.Sequential(), size.width * 2 ** (stage - 1), sum(size.counts[: stage - 1])
            frame_step = plan.temporal(first_block, blocks).step(stage, plan.tp)
            pixel_step = 2 if stage > 1 or not size.stem_pool else 1
            frames = math.ceil(frames / frame_step)
            for index in range(count):
                temporal = plan.temporal(first_block + index, blocks)
                stride = (1, 1) if index else (frame_step if temporal.strides else 1, pixel_step)
                place = Place(first_block + index, blocks, stage, index, frames, habits, inputs)
                if index == 0 and stride[0] < frame_step:
                    layers.add_module("pool", temporal.time_pool(plan.pool, place))
                layers.add_module(str(index), size.block(inputs, width, stride, temporal, place))
                inputs = width * size.block.expansion
            self.stages.add_module(str(stage), layers)
        self.channels, self.frames = inputs, frames

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.stages(self.stem(clip_NCTHW))
