"""The temporal pyramid network (Yang et al., arXiv:2004.03548): a neck over the last two stages of a residual network.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError, nearest
from kinema.models.backbones.resnet import HABITS, ResNet, Size
from kinema.models.layers import Conv
from kinema.models.plan import Plan

FLOWS = ("cascade", "parallel")
GROUPS = 32


class TPN(ResNet):
    """A residual network and a temporal pyramid over its last two stages (Yang et al., arXiv:2004.03548).

    clip_NCTHW -> features_NCTHW. `rates` are how many frames each level of the pyramid, the lower one first, keeps of a
    clip as long as the network was built for. The flow from the lower to the upper level starts from what the flow down
    has made ("cascade") or from what that started from ("parallel").
    """

    def __init__(
        self, size: Size, plan: Plan, rates: tuple[int, ...] = (1, 1), flow: str = "cascade",
        norm_eps: float = HABITS.norm_eps, before: str = HABITS.before,
    ) -> None:
        super().__init__(size, plan, norm_eps, before=before)
        if plan.temporal(0, sum(size.counts)).causal:
            raise ModelError("tpn cannot be causal: its levels meet at frames that are yet to come. Nearest: slow.")
        if flow not in FLOWS:
            raise ModelError(f"tpn's flow is {flow!r}; it must be one of {', '.join(FLOWS)}.{nearest(flow, FLOWS)}")
        if len(rates) != 2 or min(rates) < 1 or rates[0] % rates[1]:
            raise ModelError(f"tpn's rates are {rates}; expected two whole numbers, the first a multiple of the other.")
        self.neck = Pyramid(self.channels, (self.channels // 2, self.channels), plan.frames, rates, flow)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.stem(clip_NCTHW)
        *early, third, fourth = self.stages
        for stage in early:
            x_NCTHW = stage(x_NCTHW)
        lower = third(x_NCTHW)
        return self.neck(lower, fourth(lower))


class Pyramid(nn.Module):
    """Levels of different rates that flow into each other, once down and once up: two features -> features_NCTHW."""

    def __init__(
        self, channels: int, inputs: tuple[int, int], frames: int, rates: tuple[int, ...], flow: str
    ) -> None:
        super().__init__()
        narrow, apart = channels // 2, rates[0] // rates[1]
        self.flow = flow
        self.align = conv_norm(inputs[0], channels, (1, 3), step=2)  # the lower level, as small as the upper one
        self.rates = nn.ModuleList(
            nn.Sequential(OrderedDict(conv=Conv(channels, narrow, (3, 1), groups=GROUPS), pool=RatePool(frames, rate)))
            for rate in rates)
        self.up = nn.Sequential(OrderedDict(conv=Conv(narrow, narrow, (3, 1)), pool=RatePool(apart, 1)))
        self.fuse_down, self.fuse_up = Fusion(narrow, channels, apart), Fusion(narrow, channels, apart)
        self.fuse = conv_norm(2 * channels, channels, (1, 1))

    def forward(self, lower_NCTHW: torch.Tensor, upper_NCTHW: torch.Tensor) -> torch.Tensor:
        low, high = self.rates[0](self.align(lower_NCTHW)), self.rates[1](upper_NCTHW)
        summed = low + spread(high, low.shape[2])
        down = self.fuse_down(summed, high)
        rising = self.up(summed if self.flow == "cascade" else low)
        up = self.fuse_up(summed if self.flow == "cascade" else low, high + rising)
        return self.fuse(torch.cat([down, up], dim=1))


class Fusion(nn.Module):
    """Both levels side by side; every `apart` frames of the lower one go with one of the upper one."""

    def __init__(self, narrow: int, channels: int, apart: int) -> None:
        super().__init__()
        self.pool = RatePool(apart, 1)
        self.low, self.high = (conv_norm(narrow, narrow, (1, 1), groups=GROUPS) for _ in range(2))
        self.both = conv_norm(2 * narrow, channels, (1, 1))

    def forward(self, low_NCTHW: torch.Tensor, high_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.both(torch.cat([self.low(self.pool(low_NCTHW)), self.high(high_NCTHW)], dim=1))


def conv_norm(inputs: int, outputs: int, kernel: tuple[int, int], step: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution with batch norm and ReLU."""
    conv = Conv(inputs, outputs, kernel, (1, step), groups)
    return nn.Sequential(OrderedDict(conv=conv, bn=nn.BatchNorm3d(outputs, eps=HABITS.norm_eps), relu=nn.ReLU()))


class RatePool(nn.Module):
    """The greatest of each so many frames that of `frames` there are `rate` left; the last ones may be fewer."""

    def __init__(self, frames: int, rate: int) -> None:
        super().__init__()
        self.each = max(frames // rate, 1)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        each = (min(self.each, x_NCTHW.shape[2]), 1, 1)  # PyTorch alone takes a kernel longer than the clip
        return F.max_pool3d(x_NCTHW, each, each, ceil_mode=True) if each[0] > 1 else x_NCTHW


def spread(x_NCTHW: torch.Tensor, frames: int) -> torch.Tensor:
    """A level of fewer frames laid over `frames` of them, each for those that it stands for."""
    if x_NCTHW.shape[2] in (1, frames):
        return x_NCTHW
    return F.interpolate(x_NCTHW, size=(frames, *x_NCTHW.shape[3:]))
