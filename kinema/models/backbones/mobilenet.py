"""MobileNetV2 (Sandler et al., arXiv:1801.04381): narrow blocks that are wide inside.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.drop_path import drop_path
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal

HABITS = Habits(stem_frames=3, norm_eps=1e-5, time_bias=False)

WIDTHS = (32, 16, 24, 32, 64, 96, 160, 320, 1280)  # channels of the stem, of each group of blocks, and at the end
GROUPS = (  # of blocks: times the channels inside, blocks, pixel stride, stage
    (1, 1, 1, 0), (6, 2, 2, 1), (6, 3, 2, 2), (6, 4, 2, 3), (6, 3, 1, 3), (6, 3, 2, 4), (6, 1, 1, 4),
)
BLOCKS = sum(count for _, count, _, _ in GROUPS)


class Inverted(nn.Module):
    """A branch that expands, convolves each channel alone, and projects; the input is added where shapes allow.

    Only a block that expands and adds sees its input through the temporal module, as published.
    """

    def __init__(
        self, inputs: int, outputs: int, expansion: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> None:
        super().__init__()
        width = inputs * expansion
        self.adds = (inputs, stride) == (outputs, (1, 1))
        self.before = temporal.before(inputs, place) if self.adds and expansion > 1 else nn.Identity()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if expansion > 1:
            layers["conv1"] = temporal.conv(inputs, width, 1, (1, 1), place.at("first"))
            layers["bn1"], layers["relu1"] = nn.BatchNorm3d(width, eps=place.habits.norm_eps), nn.ReLU6()
        layers["conv2"] = temporal.conv(width, width, 3, stride, place.at("middle"), width)
        layers["bn2"], layers["relu2"] = nn.BatchNorm3d(width, eps=place.habits.norm_eps), nn.ReLU6()
        layers["conv3"] = temporal.conv(width, outputs, 1, (1, 1), place.at("last"))
        layers["bn3"] = nn.BatchNorm3d(outputs, eps=place.habits.norm_eps)
        self.branch = nn.Sequential(layers)
        self.gate = temporal.gate(outputs, place)
        self.drop_path = drop_path(place.drop_path if self.adds else 0.0)
        self.after = temporal.after(outputs, place)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        branch = self.drop_path(self.gate(self.branch(self.before(x_NCTHW))))
        return self.after(x_NCTHW + branch if self.adds else branch)


class MobileNetV2(nn.Module):
    """MobileNetV2 (Sandler et al., arXiv:1801.04381): clip_NCTHW -> features_NCTHW.

    The stem asks the first block's temporal module, the last convolution that of the last block.

    `widths` are the channels of the stem, of the seven groups of blocks, and of the last convolution. Blocks are named
    from 1, as published. With `-tp` the frames are halved before the first blocks of stages 2, 3 and 4.
    """

    def __init__(self, plan: Plan, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        if len(widths) != len(WIDTHS) or min(widths) < 1:
            raise ModelError(f"mobilenet_v2's widths are {widths}; expected {len(WIDTHS)} numbers of channels.")
        first = plan.temporal(0, BLOCKS)
        frames = math.ceil(plan.frames / first.step(0, plan.tp))
        inputs, block, stage_before, index = widths[0], 0, 0, 0
        place = Place(0, BLOCKS, 0, 0, plan.frames, HABITS)
        self.stem = nn.Sequential(OrderedDict(
            conv=first.conv(plan.channels, inputs, 3, (first.step(0, plan.tp) if first.strides else 1, 2),
                            place.at("stem")),
            bn=nn.BatchNorm3d(inputs, eps=HABITS.norm_eps), relu=nn.ReLU6(),
        ))
        self.blocks = nn.Sequential()
        for (expansion, count, step, stage), outputs in zip(GROUPS, widths[1:-1], strict=True):
            for repeat in range(count):
                temporal = plan.temporal(block, BLOCKS)
                index = index + 1 if stage == stage_before else 0
                frame_step = 1 if index else temporal.step(stage, plan.tp)
                frames, stage_before = math.ceil(frames / frame_step), stage
                stride = (frame_step if temporal.strides else 1, 1 if repeat else step)
                place = Place(block, BLOCKS, stage, index, frames, HABITS, inputs,
                              drop_path=plan.drop_path_at(block, BLOCKS))
                if stride[0] < frame_step:
                    self.blocks.add_module(f"{block + 1}_pool", temporal.time_pool(plan.pool, place))
                self.blocks.add_module(str(block + 1), Inverted(inputs, outputs, expansion, stride, temporal, place))
                inputs, block = outputs, block + 1
        self.channels = widths[-1]
        self.last = nn.Sequential(OrderedDict(
            conv=plan.temporal(BLOCKS - 1, BLOCKS).conv(inputs, self.channels, 1, (1, 1), place.at("last")),
            bn=nn.BatchNorm3d(self.channels, eps=HABITS.norm_eps), relu=nn.ReLU6(),
        ))

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.last(self.blocks(self.stem(clip_NCTHW)))
