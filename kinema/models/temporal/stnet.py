"""StNet (He et al., arXiv:1811.01549).

Axes in names: N clips, C channels, T frames, H rows, W columns, D features.
"""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.layers import Conv
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

TAPS = 3
FEATURES = 1024


@dataclass(eq=False)
class StNet(Temporal):
    """Each `segment` frames are the channels of one picture; after stages 2 and 3 pictures blend with their neighbours.

    In the end a separable network over the pictures' means reads their order. The published clip is 7 times 5 frames,
    the 5 one after the other, the 7 from equal parts of a video. How the blend is normalised follows the authors' code.
    Made for residual networks: of backbones with another stem and no stages, only the end is as published.
    """

    segment: int = 5

    def __post_init__(self) -> None:
        if self.causal:
            raise ModelError(f"stnet cannot be causal: it reads {self.segment} frames as one picture. Nearest: tsm.")
        at_least("stnet", 1, "5 is usual", segment=self.segment)

    def stem(self, inputs: int, outputs: int, size: int, pool: bool, place: Place) -> nn.Module:
        layers = super().stem(inputs * self.segment, outputs, size, pool, place).named_children()
        return nn.Sequential(OrderedDict([("fold", Fold(self.segment)), *layers]))

    def step(self, stage: int, tp: bool) -> int:
        return self.segment if stage == 0 else super().step(stage, tp)

    def after(self, channels: int, place: Place) -> nn.Module:
        return Blend(channels) if place.last and place.stage in (2, 3) else nn.Identity()

    def readout(self, channels: int, frames: int) -> nn.Module:
        return Separable(channels, FEATURES)


class Fold(nn.Module):
    """N C T H W -> N (C*segment) (T/segment) H W; the last frame is repeated where some lack."""

    def __init__(self, segment: int) -> None:
        super().__init__()
        self.segment = segment

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        lack = -clip_NCTHW.shape[2] % self.segment
        if lack:
            clip_NCTHW = torch.cat([clip_NCTHW, clip_NCTHW[:, :, -1:].expand(-1, -1, lack, -1, -1)], dim=2)
        pictures = clip_NCTHW.unflatten(2, (-1, self.segment))  # N C T S H W
        return pictures.permute(0, 3, 1, 2, 4, 5).flatten(1, 2)  # channels: those of the first frame, of the next, ...


class Blend(nn.Module):
    """Add to each picture what a convolution over it and its neighbours in time makes of them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv(channels, channels, (TAPS, 1))
        self.conv.bias = nn.Parameter(torch.zeros(channels))
        self.norm = nn.BatchNorm3d(channels)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW + self.norm(self.conv(x_NCTHW).relu())


class Separable(nn.Module):
    """features_NCTHW -> features_ND: two separable convolutions over the pictures' means, a shortcut, the greatest."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.norm = nn.BatchNorm1d(inputs)
        self.branch = nn.Sequential(OrderedDict(
            depth1=nn.Conv1d(inputs, inputs, TAPS, padding=TAPS // 2, groups=inputs),
            point1=nn.Conv1d(inputs, channels, 1),
            norm=nn.BatchNorm1d(channels), relu=nn.ReLU(),
            depth2=nn.Conv1d(channels, channels, TAPS, padding=TAPS // 2, groups=channels),
            point2=nn.Conv1d(channels, channels, 1),
        ))
        self.shortcut = nn.Conv1d(inputs, channels, 1)
        self.last_norm = nn.BatchNorm1d(channels)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        means_NDT = self.norm(x_NCTHW.mean((3, 4)))
        return F.relu(self.last_norm(self.branch(means_NDT) + self.shortcut(means_NDT))).amax(2)
