"""Temporal enhancement and interaction (TEINet; Liu et al., arXiv:1911.09435)."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn

from kinema.models.layers import Conv
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.motion import Change, Mix

FOLD = 8  # one in so many channels starts as a shift each way


@dataclass(eq=False)
class TEINet(Temporal):
    """Before a block, channels are weighed by how their means change to the next frame, then blended over three frames.

    `reduction` is by how much the channels of the weights' hidden layer are fewer. Causal: by how they changed since
    the frame before, then blended with the two frames before.
    """

    reduction: int = 8

    def __post_init__(self) -> None:
        at_least("teinet", 1, "8 is usual", reduction=self.reduction)

    def before(self, channels: int, place: Place) -> nn.Module:
        narrow = max(channels // self.reduction, 1)
        return nn.Sequential(OrderedDict(
            enhance=Enhance(channels, narrow, self.causal), mix=Mix(channels, self.causal, FOLD),
        ))


class Enhance(nn.Module):
    """Multiply each channel by a weight from 0 to 1 that follows from how the means of all change to the next frame.

    A last frame, which has no next, stays as it is (causal: a first frame is compared with zeros).
    """

    def __init__(self, channels: int, narrow: int, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.here = Conv(channels, narrow, (1, 1))
        self.next = Conv(channels, narrow, (1, 1))
        self.change = Change(causal)
        self.expand = Conv(narrow, channels, (1, 1))

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        means = x_NCTHW.mean((3, 4), keepdim=True)
        weights = self.expand(self.change(self.next(means), self.here(means))).sigmoid()
        if self.causal:
            return x_NCTHW * weights
        return torch.cat([x_NCTHW[:, :, :-1] * weights[:, :, :-1], x_NCTHW[:, :, -1:]], dim=2)
