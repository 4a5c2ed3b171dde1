"""Densely connected networks (Huang et al., arXiv:1608.06993), in 3-D by Hara et al. (arXiv:1711.09577).

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict

import torch
from torch import nn

from kinema.models.layers import Pool
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal

HABITS = Habits(stem_frames=7, norm_eps=1e-5, time_bias=False)

COUNTS = {  # dense layers of each stage
    "densenet121": (6, 12, 24, 16), "densenet169": (6, 12, 32, 32), "densenet201": (6, 12, 48, 32),
    "densenet264": (6, 12, 64, 48), "densenet161": (6, 12, 36, 24),
}
GROWTH = {name: 48 if name == "densenet161" else 32 for name in COUNTS}  # channels of a layer
STEM, NARROW = 2, 4  # how many times those the stem has, and the middle of a layer


class Dense(nn.Module):
    """A layer that adds channels to those it sees: x_NCTHW -> the same and `growth` more."""

    def __init__(self, inputs: int, growth: int, temporal: Temporal, place: Place) -> None:
        super().__init__()
        middle = NARROW * growth
        self.before = temporal.before(inputs, place)
        self.branch = nn.Sequential(OrderedDict(
            bn1=nn.BatchNorm3d(inputs), relu1=nn.ReLU(),
            conv1=temporal.conv(inputs, middle, 1, (1, 1), place.at("first")),
            bn2=nn.BatchNorm3d(middle), relu2=nn.ReLU(),
            conv2=temporal.conv(middle, growth, 3, (1, 1), place.at("last")),
        ))
        self.gate = temporal.gate(growth, place)
        self.after = temporal.after(inputs + growth, place)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.after(torch.cat([x_NCTHW, self.gate(self.branch(self.before(x_NCTHW)))], dim=1))


class DenseNet(nn.Module):
    """clip_NCTHW -> features_NCTHW. Each dense layer is a block, and the stem asks the first one's temporal module.

    Between stages half of the channels and of the pixels remain, and with `-tp` half of the frames. Without `last_relu`
    features are as the last norm leaves them.
    """

    def __init__(self, counts: tuple[int, ...], growth: int, plan: Plan, last_relu: bool = True) -> None:
        super().__init__()
        blocks, channels = sum(counts), STEM * growth
        first = plan.temporal(0, blocks)
        frames = math.ceil(plan.frames / first.step(0, plan.tp))
        self.stem = first.stem(plan.channels, channels, 7, True, Place(0, blocks, 0, 0, plan.frames, HABITS))
        self.stages = nn.Sequential()
        for stage, count in enumerate(counts, start=1):
            layers, first_block = nn.Sequential(), sum(counts[: stage - 1])
            if stage > 1:
                temporal = plan.temporal(first_block, blocks)
                step = temporal.step(stage, plan.tp)
                place = Place(first_block, blocks, stage, 0, frames, HABITS, channels)
                layers.add_module("between", between(channels, step, plan.pool, temporal, place))
                channels, frames = channels // 2, math.ceil(frames / step)
            for index in range(count):
                place = Place(first_block + index, blocks, stage, index, frames, HABITS, channels)
                layers.add_module(str(index + 1), Dense(channels, growth, plan.temporal(first_block + index, blocks),
                                                         place))
                channels += growth
            self.stages.add_module(str(stage), layers)
        self.norm, self.relu = nn.BatchNorm3d(channels), nn.ReLU() if last_relu else nn.Identity()
        self.channels = channels

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.relu(self.norm(self.stages(self.stem(clip_NCTHW))))


def between(channels: int, step: int, method: str, temporal: Temporal, place: Place) -> nn.Sequential:
    """What halves the channels and the pixels, and takes `step` frames to one.

    A temporal module whose convolutions stride has them averaged with the pixels; others have a pool of their own.
    """
    together = step if temporal.strides else 1
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        bn=nn.BatchNorm3d(channels), relu=nn.ReLU(),
        conv=temporal.conv(channels, channels // 2, 1, (1, 1), place.at("between")),
        pool=Pool("avg", (together, 2), (together, 2), padded=False, causal=temporal.causal),
    )
    if together < step:
        layers["time"] = temporal.time_pool(method, place)
    return nn.Sequential(layers)
