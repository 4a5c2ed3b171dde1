"""The three excitations of ACTION-Net (Wang et al., arXiv:2103.07372)."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn

from kinema.models.layers import Conv
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal, sits_out
from kinema.models.temporal.motion import Change, Mix

FRAMES = 3


@dataclass(eq=False)
class Action(Temporal):
    """Before a block, channels are blended over three frames, then weighed in three ways, whose results are added.

    The weights, from 1 to 2, are of places and frames, of channels and frames, and of channels as they move. One in
    `fold` channels starts as a shift each way. `reduction` is by how much the channels of the weights' hidden layers
    are fewer. Causal: nothing is read off later frames.
    """

    fold: int = 8
    reduction: int = 16

    def __post_init__(self) -> None:
        at_least("action", 2, fold=self.fold)
        at_least("action", 1, reduction=self.reduction)

    def before(self, channels: int, place: Place) -> nn.Module:
        if sits_out(place):
            return nn.Identity()
        return Excite(channels, max(channels // self.reduction, 1), self.fold, self.causal)


class Excite(nn.Module):
    """Blend, then add what three kinds of weights make of it."""

    def __init__(self, channels: int, narrow: int, fold: int, causal: bool) -> None:
        super().__init__()
        self.mix = Mix(channels, causal, fold)
        self.place = Conv(1, 1, (FRAMES, 3), causal=causal)
        self.channel = nn.Sequential(OrderedDict(
            squeeze=Conv(channels, narrow, (1, 1)), time=Conv(narrow, narrow, (FRAMES, 1), causal=causal),
            relu=nn.ReLU(), expand=Conv(narrow, channels, (1, 1)),
        ))
        self.squeeze = Conv(channels, narrow, (1, 1))
        self.norm = nn.BatchNorm3d(narrow)
        self.move = Conv(narrow, narrow, (1, 3), groups=narrow)
        self.change = Change(causal)
        self.expand = Conv(narrow, channels, (1, 1))

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.mix(x_NCTHW)
        here = self.norm(self.squeeze(x_NCTHW))
        moved = self.change(self.move(here), here).mean((3, 4), keepdim=True)
        weights = (self.place(x_NCTHW.mean(1, keepdim=True)), self.channel(x_NCTHW.mean((3, 4), keepdim=True)),
                   self.expand(moved))
        return x_NCTHW * sum(1 + weight.sigmoid() for weight in weights)
