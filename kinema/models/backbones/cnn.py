"""The convolutional networks that the first video networks were made of, in 2014.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.layers import Conv
from kinema.models.plan import Habits, Place, Plan

HABITS = Habits(stem_frames=3, norm_eps=1e-5, time_bias=True)


@dataclass(frozen=True)
class Size:
    """A row of the table of the networks of 2014.

    `layers` are convolutions: outputs, pixels across, stride, padding. After those in `normed` stands the local
    response norm with the exponent `power`, after those in `pooled` a pool over `pool` pixels, the last of them before
    fully connected layers of `full` units, which see `grid` x `grid` places.
    """

    layers: tuple[tuple[int, int, int, int], ...]
    normed: tuple[int, ...]
    pooled: tuple[int, ...]
    power: float
    pool: int
    grid: int
    full: tuple[int, int]


SIZES = {
    "cnn_2014": Size(((96, 11, 3, 0), (256, 5, 1, 2), (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1)),
                     normed=(0, 1), pooled=(0, 1, 4), power=0.5, pool=2, grid=7, full=(4096, 4096)),
    "cnn_m_2048": Size(((96, 7, 2, 0), (256, 5, 2, 1), (512, 3, 1, 1), (512, 3, 1, 1), (512, 3, 1, 1)),
                       normed=(0, 1), pooled=(0, 1, 4), power=0.75, pool=3, grid=6, full=(4096, 2048)),
}


class LocalNorm(nn.Module):
    """Divide each channel by a power of 2 + 1e-4 times the sum of squares of the five channels around it.

    Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks" (2012).
    """

    def __init__(self, power: float) -> None:
        super().__init__()
        self.power = power

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        channels = x_NCTHW.shape[1]
        squares = F.pad(x_NCTHW.square(), (0, 0, 0, 0, 0, 0, 2, 2))
        sums_NCTHW = sum(squares[:, first : first + channels] for first in range(5))
        return x_NCTHW / (2 + 1e-4 * sums_NCTHW) ** self.power

    def extra_repr(self) -> str:
        return f"power={self.power}"


class CNN(nn.Module):
    """clip_NCTHW -> features_NCT11: a few convolutions, and fully connected layers on each frame that is left.

    The network of Karpathy et al. (CVPR 2014, "Large-scale Video Classification with Convolutional Neural Networks"),
    and CNN-M-2048 (Chatfield et al., arXiv:1405.3531), of which two-stream networks were made (Simonyan and Zisserman,
    arXiv:1406.2199). `trunk` holds the convolutions, `top` all that follows. With `-tp` each pool over pixels halves
    the frames too. For pictures of another size the last pool is followed by one to the usual places. `full_dropout` is
    the share that the first fully connected layer drops.
    """

    def __init__(self, size: Size, plan: Plan, full_dropout: float = 0.5) -> None:
        super().__init__()
        blocks, inputs = len(size.layers), plan.channels
        frames = plan.frames
        self.trunk, pool = nn.Sequential(), nn.Sequential()
        for block, (outputs, pixels, stride, padding) in enumerate(size.layers):
            temporal = plan.temporal(block, blocks)
            place = Place(block, blocks, block, 0, frames, HABITS, inputs)
            conv = temporal.conv(inputs, outputs, pixels, (1, stride), place.at("block" if block else "stem"))
            frames = math.ceil(frames / frame_step(conv)) if block else temporal.kept(frames)
            layers: OrderedDict[str, nn.Module] = OrderedDict(conv=finished(conv, pixels, padding), relu=nn.ReLU())
            if block in size.normed:
                layers["norm"] = LocalNorm(size.power)
            layers["gate"] = temporal.gate(outputs, place)
            layers["before"] = temporal.before(outputs, place)
            layers["after"] = temporal.after(outputs, place)
            self.trunk.add_module(str(block), nn.Sequential(layers))
            if block in size.pooled:
                step = 2 if plan.tp else 1
                frames = math.ceil(frames / step)
                pool = nn.Sequential(temporal.pool(size.pool, (step, 2), plan.pool, place))
                if block < blocks - 1:
                    self.trunk.add_module(f"{block}_pool", pool)
            inputs = outputs
        self.trunk_channels, (wide, self.channels) = inputs, size.full
        last = plan.temporal(blocks - 1, blocks)
        first = last.conv(inputs * size.grid**2, wide, 1, (1, 1), place.at("full"))
        self.frames = math.ceil(frames / frame_step(first))
        self.top = nn.Sequential(OrderedDict(
            pool=pool, places=Places(size.grid), full1=finished(first), relu1=nn.ReLU(),
            dropout=nn.Dropout(full_dropout), full2=finished(Conv(wide, self.channels, (1, 1))), relu2=nn.ReLU(),
        ))

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.top(self.trunk(clip_NCTHW))


def averages(size: int, grid: int, like: torch.Tensor) -> torch.Tensor:
    """Which places each of `grid` is the average of, as in adaptive pooling, which ONNX lacks: grid x size."""
    rows = []
    for number in range(grid):
        first, end = number * size // grid, -(-(number + 1) * size // grid)
        rows.append([1 / (end - first) if first <= place < end else 0.0 for place in range(size)])
    return like.new_tensor(rows)


class Places(nn.Module):
    """The features of `grid` x `grid` places as channels of one: x_NCTHW -> x_NCT11."""

    def __init__(self, grid: int) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if x_NCTHW.shape[3:] != (self.grid, self.grid):
            x_NCTHW = averages(x_NCTHW.shape[3], self.grid, x_NCTHW) @ x_NCTHW
            x_NCTHW = x_NCTHW @ averages(x_NCTHW.shape[4], self.grid, x_NCTHW).T
        return x_NCTHW.transpose(1, 2).flatten(2).transpose(1, 2)[..., None, None]


def whole_convs(module: nn.Module) -> list[nn.Conv3d]:
    """The convolutions that a temporal module's answer is made of, in their order."""
    return [part for part in module.modules() if isinstance(part, nn.Conv3d)]


def frame_step(module: nn.Module) -> int:
    """How many frames become one in a temporal module's convolution."""
    return math.prod(conv.stride[0] for conv in whole_convs(module))


def finished(conv: nn.Module, pixels: int = 1, padding: int = 0) -> nn.Module:
    """A temporal module's convolution with the padding that was published, and with a bias, for no norm follows."""
    found = whole_convs(conv)
    for part in found:
        if part.kernel_size[1] == pixels:
            part.padding = (int(part.padding[0]), padding, padding)
    found[-1].bias = nn.Parameter(torch.zeros(found[-1].out_channels))
    return conv
