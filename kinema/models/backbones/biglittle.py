"""Big-little networks (Chen et al., arXiv:1807.03848), and one at two rates (bLVNet; Fan et al., arXiv:1912.00869).

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

import math
from collections import OrderedDict
from dataclasses import replace

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.backbones.resnet import HABITS
from kinema.models.drop_path import drop_path
from kinema.models.layers import Conv, Pool
from kinema.models.plan import Place, Plan
from kinema.models.temporal import Temporal
from kinema.models.temporal.tam import TAM

COUNTS = {"resnet50": (3, 4, 6, 3), "resnet101": (4, 8, 18, 3), "resnet152": (5, 12, 30, 3)}  # blocks of each stage
WIDTHS = (256, 512, 1024, 2048)  # channels of each stage
STEPS = (2, 2, 1, 2)  # over pixels, in each stage but the last at its end
STEM = 64  # channels
NARROW = 4  # times narrower than its output is the middle of a block


class BigLittle(nn.Module):
    """clip_NCTHW -> features_NCTHW. In all stages but the last a deep path sees half the pixels, a shallow one all.

    The shallow path is `alpha` times narrower and about `beta` times shallower. Such a stage asks its temporal module
    as one block does. At two `rates` the deep path sees every second frame and the shallow one those between; what
    comes of a pair stands for both, and at the end one frame is left of each pair.
    """

    def __init__(self, counts: tuple[int, ...], plan: Plan, alpha: int, beta: int, rates: int) -> None:
        super().__init__()
        if alpha < 1 or STEM % alpha or beta < 1:
            raise ModelError(f"alpha={alpha}, beta={beta}: expected a divisor of {STEM}, and 1 or more.")
        self.rates, blocks, frames, inputs = rates, len(counts) - 1 + counts[-1], plan.frames, STEM
        self.check(frames)
        start = Place(0, blocks, 0, 0, frames, HABITS)
        self.stem = Stem(plan.channels, STEM // alpha, rates, plan.temporal(0, blocks), start)
        self.stages = nn.Sequential()
        for index, (count, width, step) in enumerate(zip(counts, WIDTHS, STEPS, strict=True)):
            temporal, stage, last = plan.temporal(index, blocks), index + 1, index == len(counts) - 1
            frame_step = temporal.step(stage, plan.tp)
            frames = math.ceil(frames / frame_step / (rates if last else 1))
            place = Place(index, blocks, stage, 0, frames, HABITS, inputs, drop_path=plan.drop_path_at(index, blocks))
            if frame_step > 1:
                self.stages.add_module(f"pool{stage}", temporal.time_pool(plan.pool, place))
            if not last:
                depths, repeat = (count - 1, max(1, count // beta - 1)), rates if stage < len(counts) - 1 else 1
                shape = (inputs, width, width // alpha)
                paths = TwoPaths(shape, depths, step, (rates, repeat), temporal, place)
                self.stages.add_module(str(stage), paths)
                inputs = width
        tail = nn.Sequential()
        for number in range(counts[-1]):
            temporal = plan.temporal(place.block + number, blocks)
            place_ = Place(place.block + number, blocks, place.stage, number, frames, HABITS, inputs,
                           drop_path=plan.drop_path_at(place.block + number, blocks))
            tail.append(PoolBlock(inputs, WIDTHS[-1], 1 if number else STEPS[-1], temporal, place_, before=True))
            inputs = WIDTHS[-1]
        self.stages.add_module(str(place.stage), tail)
        self.channels = inputs

    def check(self, frames: int) -> None:
        """Raise ModelError where frames do not come in pairs."""
        if frames % self.rates:
            raise ModelError(f"This network sees frames in pairs: it takes an even number of frames, not {frames}.")

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        self.check(clip_NCTHW.shape[2])
        return self.stages(self.stem(clip_NCTHW))


class PoolBlock(nn.Module):
    """A bottleneck whose shortcut averages pixels where it steps, and with `before` asks what stands before its branch.

    A shortcut that is a convolution sees what the branch does; one that is none sees the input.
    """

    def __init__(
        self, inputs: int, outputs: int, step: int, temporal: Temporal, place: Place, before: bool = False,
        last_relu: bool = True,
    ) -> None:
        super().__init__()
        width = outputs // NARROW
        self.before = temporal.before(inputs, place) if before else nn.Identity()
        self.branch = nn.Sequential(OrderedDict(
            conv1=temporal.conv(inputs, width, 1, (1, 1), place.at("first")),
            bn1=nn.BatchNorm3d(width), relu1=nn.ReLU(),
            conv2=temporal.conv(width, width, 3, (1, step), place.at("middle")),
            bn2=nn.BatchNorm3d(width), relu2=nn.ReLU(),
            conv3=temporal.conv(width, outputs, 1, (1, 1), place.at("last")), bn3=nn.BatchNorm3d(outputs),
        ))
        self.gate = temporal.gate(outputs, place)
        self.drop_path = drop_path(place.drop_path)
        shortcut = OrderedDict[str, nn.Module]()
        if step > 1:
            shortcut["pool"] = Pool("avg", (1, 3), (1, step))
        if inputs != outputs:
            shortcut |= {"conv": Conv(inputs, outputs, (1, 1)), "bn": nn.BatchNorm3d(outputs)}
        self.shortcut = nn.Sequential(shortcut) if shortcut else None
        self.relu = nn.ReLU() if last_relu else nn.Identity()
        self.after = temporal.after(outputs, place) if last_relu else nn.Identity()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        seen = self.before(x_NCTHW)
        shortcut = x_NCTHW if self.shortcut is None else self.shortcut(seen)
        return self.after(self.relu(self.drop_path(self.gate(self.branch(seen))) + shortcut))


class Stem(nn.Module):
    """A convolution over all frames, then two paths: one at a quarter of the size, one first at half of it."""

    def __init__(self, inputs: int, narrow: int, rates: int, temporal: Temporal, place: Place) -> None:
        super().__init__()
        self.rates = rates
        self.whole = temporal.stem(inputs, STEM, 7, False, place)
        self.before = temporal.before(STEM, place)
        self.big = nn.Sequential(OrderedDict(
            conv0=Conv(STEM, STEM, (1, 3), (1, 2)), bn0=nn.BatchNorm3d(STEM),
        ))
        self.little = nn.Sequential(OrderedDict(
            conv0=Conv(STEM, narrow, (1, 3)), bn0=nn.BatchNorm3d(narrow), relu0=nn.ReLU(),
            conv1=Conv(narrow, narrow, (1, 3), (1, 2)), bn1=nn.BatchNorm3d(narrow), relu1=nn.ReLU(),
            conv2=Conv(narrow, STEM, (1, 1)), bn2=nn.BatchNorm3d(STEM),
        ))
        self.fusion = nn.Sequential(OrderedDict(
            relu=nn.ReLU(), conv=Conv(STEM, STEM, (1, 1)), bn=nn.BatchNorm3d(STEM), last=nn.ReLU(),
        ))

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.before(self.whole(clip_NCTHW))
        both = self.big(x_NCTHW[:, :, self.rates - 1 :: self.rates]) + self.little(x_NCTHW[:, :, :: self.rates])
        return self.fusion(both).repeat_interleave(self.rates, dim=2)


class TwoPaths(nn.Module):
    """A stage: a deep path at half the size, a shallow and narrow one, and a block over the sum of both.

    The paths see every frame of `rates[0]`, and what comes of them is repeated `rates[1]` times.
    """

    def __init__(
        self, shape: tuple[int, int, int], depths: tuple[int, int], step: int, rates: tuple[int, int],
        temporal: Temporal, place: Place,
    ) -> None:
        super().__init__()
        (self.rates, self.repeat), (inputs, outputs, narrow), (deep, shallow) = rates, shape, depths
        self.before = temporal.before(inputs, place)
        self.big = nn.Sequential(*(
            PoolBlock(outputs if index else inputs, outputs, 1 if index else 2, temporal, place,
                      last_relu=index < deep - 1 or deep == 1)
            for index in range(deep)))
        self.little = nn.Sequential(*(
            PoolBlock(narrow if index else inputs, narrow, 1, temporal, place) for index in range(shallow)))
        self.widen = nn.Sequential(OrderedDict(conv=Conv(narrow, outputs, (1, 1)), bn=nn.BatchNorm3d(outputs)))
        self.fusion = PoolBlock(outputs, outputs, step, temporal, place)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.before(x_NCTHW)
        little = self.widen(self.little(x_NCTHW[:, :, :: self.rates]))
        big = F.interpolate(self.big(x_NCTHW[:, :, self.rates - 1 :: self.rates]), little.shape[2:])
        return self.fusion((big + little).relu()).repeat_interleave(self.repeat, dim=2)


def blresnet(counts: tuple[int, ...], plan: Plan, alpha: int = 2, beta: int = 4) -> BigLittle:
    """bLResNet (Chen et al., arXiv:1807.03848)."""
    return BigLittle(counts, plan, alpha, beta, rates=1)


def blvnet_tam(
    counts: tuple[int, ...], plan: Plan, alpha: int = 2, beta: int = 4, taps: int = 3, depthwise: bool = True
) -> BigLittle:
    """bLVNet-TAM (Fan et al., arXiv:1912.00869): a big-little network at two rates that blends `taps` frames by tam."""
    tam = TAM(plan.temporal(0, 1).causal, taps, depthwise)
    seeing = replace(plan, temporal=lambda block, blocks: tam, tp=False)
    return BigLittle(counts, seeing, alpha, beta, rates=2)
