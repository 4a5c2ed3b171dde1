"""Temporal excitation and aggregation (TEA; Li et al., arXiv:2004.01398): a block for residual networks.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

from collections import OrderedDict

import torch
from torch import nn

from kinema.models.backbones.resnet import Block
from kinema.models.layers import Conv, Pool
from kinema.models.plan import Place
from kinema.models.temporal import Temporal
from kinema.models.temporal.motion import Change, Mix, normed

PARTS = 4  # that the channels are split into (Res2Net; Gao et al., arXiv:1904.01169)
SHARE = 26 / 64  # channels of a part for each of the usual block's
REDUCTION = 16  # by how much the channels that show motion are fewer


class TEABlock(Block):
    """A bottleneck whose channels are weighed by how they change, then blended over frames and pixels part after part.

    Each part but the first of a stage's later blocks also sees what came of the part before it, so the last of them
    sees farthest.
    """

    expansion = 4

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        part, outputs, eps = int(width * SHARE), width * self.expansion, place.habits.norm_eps
        wide = part * PARTS
        return nn.Sequential(OrderedDict(
            conv1=temporal.conv(inputs, wide, 1, (1, 1), place.at("first")),
            bn1=nn.BatchNorm3d(wide, eps=eps), relu1=nn.ReLU(),
            excite=Excite(wide, wide // REDUCTION, temporal.causal),
            parts=Parts(part, stride, place, temporal.causal),
            conv3=temporal.conv(wide, outputs, 1, (1, 1), place.at("last")),
            bn3=nn.BatchNorm3d(outputs, eps=eps),
        ))


class Excite(nn.Module):
    """Multiply each channel by a half to one and a half, as all change from frame to frame on average over pixels."""

    def __init__(self, channels: int, narrow: int, causal: bool) -> None:
        super().__init__()
        self.squeeze = normed(channels, narrow, 1)
        self.move = Conv(narrow, narrow, (1, 3), groups=narrow)
        self.change = Change(causal)
        self.expand = normed(narrow, channels, 1)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        here = self.squeeze(x_NCTHW)
        change = self.change(self.move(here), here).mean((3, 4), keepdim=True)
        return x_NCTHW + x_NCTHW * (self.expand(change).sigmoid() - 0.5)


class Parts(nn.Module):
    """All parts but the last are blended over frames and convolved over pixels in turn; the last is only blended.

    In the first block of a stage, no part sees the one before, and the last is averaged over 3 x 3 pixels.
    """

    def __init__(self, channels: int, stride: tuple[int, int], place: Place, causal: bool) -> None:
        super().__init__()
        self.channels, self.alone = channels, place.index == 0
        self.steps = nn.ModuleList(nn.Sequential(OrderedDict(
            mix=Mix(channels, causal), conv=Conv(channels, channels, (1, 3), stride),
            bn=nn.BatchNorm3d(channels, eps=place.habits.norm_eps), relu=nn.ReLU(),
        )) for _ in range(PARTS - 1))
        self.rest = nn.Sequential(OrderedDict(mix=Mix(channels, causal, fold=2)))
        if self.alone:
            self.rest.add_module("pool", Pool("avg", (1, 3), stride))

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        *parts, last = x_NCTHW.split(self.channels, dim=1)
        seen: list[torch.Tensor] = []
        for step, part in zip(self.steps, parts, strict=True):
            seen.append(step(part if self.alone or not seen else part + seen[-1]))
        return torch.cat([*seen, self.rest(last)], dim=1)
