"""MobileOne (Vasu et al., arXiv:2206.04040): convolutions side by side that can be made one after training.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import eights
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal
from kinema.models.temporal.se import ChannelGate

HABITS = Habits(stem_frames=3, norm_eps=1e-5, time_bias=False)

COUNTS = (2, 8, 10, 1)  # blocks of each stage
BLOCKS, STAGES = sum(COUNTS), 4
NARROWER = 16  # times fewer channels inside a gate


class Unit(nn.Module):
    """`branches` equal convolutions, one of single pixels and the input, each normalised: their sum, gated, rectified.

    `fused`: one convolution with a bias in place of them all. The single pixels are for larger kernels, the input is
    for units that keep its shape.
    """

    def __init__(
        self, channels: tuple[int, int], size: int, stride: tuple[int, int], temporal: Temporal, place: Place,
        branches: int, gated: bool, fused: bool,
    ) -> None:
        super().__init__()
        inputs, outputs = channels
        groups = inputs if size > 1 and place.name != "stem" else 1
        conv = [temporal.conv(inputs, outputs, size, stride, place, groups) for _ in range(1 if fused else branches)]
        self.convs, self.pixel, self.norm = nn.ModuleList(conv), None, None
        if fused:
            conv[0].bias = nn.Parameter(torch.zeros(outputs))
        else:
            self.convs = nn.ModuleList(normed(one, outputs) for one in conv)
            self.pixel = normed(temporal.conv(inputs, outputs, 1, stride, place, groups), outputs) if size > 1 else None
            self.norm = nn.BatchNorm3d(inputs) if inputs == outputs and stride == (1, 1) else None
        self.gate = ChannelGate(outputs, eights(outputs // NARROWER), (3, 4)) if gated else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        layers = [layer for layer in (self.norm, self.pixel, *self.convs) if layer is not None]
        total = layers[0](x_NCTHW)
        for layer in layers[1:]:
            total = total + layer(x_NCTHW)
        return self.relu(self.gate(total))


def normed(conv: nn.Module, channels: int) -> nn.Sequential:
    """A convolution and batch norm."""
    return nn.Sequential(OrderedDict(conv=conv, bn=nn.BatchNorm3d(channels, eps=HABITS.norm_eps)))


class MobileOne(nn.Module):
    """MobileOne (Vasu et al., arXiv:2206.04040): clip_NCTHW -> features_NCTHW.

    A block is a unit that looks at each channel alone and one that looks at each place alone; each sees its input
    through the temporal module. The stem asks the first block's module for its convolutions. `widths` are the channels
    of the stem and of each stage, `branches` how many convolutions stand side by side, `gates` how many blocks of each
    stage, the last ones, have gates. `fused` networks have one convolution in place of those side by side. With `-tp`
    the frames are halved before stages 2, 3 and 4.
    """

    def __init__(
        self, plan: Plan, widths: tuple[int, ...] = (64, 192, 448, 896, 2048), branches: int = 1,
        gates: tuple[int, ...] = (0, 0, 5, 1), fused: bool = False,
    ) -> None:
        super().__init__()
        if len(widths) != STAGES + 1 or len(gates) != STAGES or min(widths) < 1 or branches < 1:
            raise ModelError(f"mobileone's widths are {widths}, its gates {gates} and its branches {branches}; "
                             f"expected {STAGES + 1} and {STAGES} numbers, and 1 or more.")
        first, inputs = plan.temporal(0, BLOCKS), widths[0]
        frames = math.ceil(plan.frames / first.step(0, plan.tp))
        place = Place(0, BLOCKS, 0, 0, plan.frames, HABITS, plan.channels, "stem")
        stride = (first.step(0, plan.tp) if first.strides else 1, 2)
        self.stem = Unit((plan.channels, inputs), 3, stride, first, place, 1, False, fused)
        self.stages = nn.Sequential()
        for stage, (count, outputs, gated) in enumerate(zip(COUNTS, widths[1:], gates, strict=True), start=1):
            layers, first_block = nn.Sequential(), sum(COUNTS[: stage - 1])
            for index in range(count):
                temporal = plan.temporal(first_block + index, BLOCKS)
                step = 1 if index else temporal.step(stage, plan.tp)
                frames = math.ceil(frames / step)
                stride = (step if temporal.strides else 1, 1 if index else 2)
                place = Place(first_block + index, BLOCKS, stage, index, frames, HABITS, inputs)
                if stride[0] < step:
                    layers.add_module("pool", temporal.time_pool(plan.pool, place))
                has = (branches, index >= count - gated, fused)
                layers.add_module(str(index), nn.Sequential(OrderedDict(
                    before=temporal.before(inputs, place),
                    depth=Unit((inputs, inputs), 3, stride, temporal, place.at("middle"), *has),
                    between=temporal.before(inputs, place),
                    point=Unit((inputs, outputs), 1, (1, 1), temporal, place.at("last"), *has),
                    after=temporal.after(outputs, place),
                )))
                inputs = outputs
            self.stages.add_module(str(stage), layers)
        self.channels = inputs

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.stages(self.stem(clip_NCTHW))
