"""Residual networks (He et al., arXiv:1512.03385): blocks that ask a temporal module how to see time.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from kinema.models.layers import Conv, Pool
from kinema.models.temporal.base import Habits, Place, Temporal, temporal_pool

HABITS = Habits(stem_frames=3)


class Block(nn.Module):
    """A branch of two convolutions over pixels, and a shortcut around it."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.before = temporal.before(inputs, place)
        self.branch = self.make_branch(inputs, width, stride, temporal, place)
        self.gate = temporal.gate(outputs, place)
        self.shortcut = nn.Identity() if (inputs, stride) == (outputs, (1, 1)) else shortcut(inputs, outputs, stride)
        self.relu = nn.ReLU()
        self.after = temporal.after(outputs, place)

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        return nn.Sequential(OrderedDict(
            conv1=temporal.conv(inputs, width, 3, stride, place.at("first")), bn1=nn.BatchNorm3d(width), relu1=nn.ReLU(),
            conv2=temporal.conv(width, width, 3, (1, 1), place.at("last")), bn2=nn.BatchNorm3d(width),
        ))  # fmt: skip

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        branch = self.gate(self.branch(self.before(x_NCTHW)))
        return self.after(self.relu(branch + self.shortcut(x_NCTHW)))


class Bottleneck(Block):
    """A branch with a narrow convolution over pixels between two projections, and a shortcut around it."""

    expansion = 4

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        wide = width * self.expansion
        return nn.Sequential(OrderedDict(
            conv1=temporal.conv(inputs, width, 1, (1, 1), place.at("first")), bn1=nn.BatchNorm3d(width), relu1=nn.ReLU(),
            conv2=temporal.conv(width, width, 3, stride, place.at("middle")), bn2=nn.BatchNorm3d(width), relu2=nn.ReLU(),
            conv3=temporal.conv(width, wide, 1, (1, 1), place.at("last")), bn3=nn.BatchNorm3d(wide),
        ))  # fmt: skip


def shortcut(inputs: int, outputs: int, stride: tuple[int, int]) -> nn.Sequential:
    """The input at a branch's size."""
    return nn.Sequential(OrderedDict(conv=Conv(inputs, outputs, 1, stride), bn=nn.BatchNorm3d(outputs)))


@dataclass(frozen=True)
class Size:
    """One residual network of the table: its kind of block, how many per stage, the first stage's width, its stem."""

    block: type[Block]
    counts: tuple[int, int, int, int]
    width: int = 64
    stem: int = 7  # pixels across the stem's convolution
    stem_pool: bool = True  # a small network halves its size in the first block instead, which sees finer motion
    side: int = 224  # pixels across the clips it is made for


SIZES = {
    "resnet_tiny": Size(Block, (1, 1, 1, 1), width=16, stem=5, stem_pool=False, side=112),
    "resnet18": Size(Block, (2, 2, 2, 2)),
    "resnet34": Size(Block, (3, 4, 6, 3)),
    "resnet50": Size(Bottleneck, (3, 4, 6, 3)),
    "resnet101": Size(Bottleneck, (3, 4, 23, 3)),
}


class ResNet(nn.Module):
    """clip_NCTHW -> features_NCTHW.

    `temporal(block, blocks)` says which temporal module a block asks; the stem asks the first block's. `pool` ("max",
    "avg" or None) halves the frames three times: between stages, or by the strides of modules that stride.
    """

    def __init__(
        self, size: Size, channels: int, frames: int, temporal: Callable[[int, int], Temporal], pool: str | None
    ) -> None:
        super().__init__()
        blocks, width, block = sum(size.counts), size.width, 0
        place = Place(block=0, blocks=blocks, stage=0, index=0, frames=frames, habits=HABITS, name="stem")
        self.stem = nn.Sequential(OrderedDict(
            conv=temporal(0, blocks).conv(channels, width, size.stem, (1, 2), place), bn=nn.BatchNorm3d(width), relu=nn.ReLU(),
        ))  # fmt: skip
        if size.stem_pool:
            self.stem.add_module("pool", Pool("max", 3, (1, 2)))
        self.stages, inputs = nn.Sequential(), width
        for stage, count in enumerate(size.counts, start=1):
            layers = nn.Sequential()
            for index in range(count):
                here, stride = temporal(block, blocks), (1, 1)
                if index == 0 and (stage > 1 or not size.stem_pool):
                    stride = (1, 2)
                if index == 0 and stage > 1 and pool:
                    frames = (frames + 1) // 2
                    if here.strides:
                        stride = (2, 2)
                    else:
                        layers.add_module("pool", temporal_pool(pool, here.causal))
                place = Place(block, blocks, stage, index, frames, HABITS)
                layers.add_module(str(index), size.block(inputs, width, stride, here, place))
                inputs, block = width * size.block.expansion, block + 1
            self.stages.add_module(str(stage), layers)
            width *= 2
        self.channels = inputs

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.stages(self.stem(clip_NCTHW))
