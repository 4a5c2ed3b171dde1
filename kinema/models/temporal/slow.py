"""The slow pathway of SlowFast on its own (Feichtenhofer et al., arXiv:1812.03982)."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.means import Mean
from kinema.models.temporal.i3d_fair import I3DFair


@dataclass(eq=False)
class Slow(I3DFair):
    """The first convolution of the blocks of the last two stages also covers three frames; every frame is kept.

    With `hidden` there is a layer of so many features before the classifier, as OmniSource has it (Duan et al.,
    arXiv:2003.13042).
    """

    halve: bool = False
    inflate: tuple[str, ...] = ("0", "0", "1", "1")
    stem_frames: int = 1
    hidden: int = 0

    def readout(self, channels: int, frames: int) -> nn.Module:
        if self.hidden < 0:
            raise ModelError(f"slow's hidden is {self.hidden}; it must be 0 (no such layer) or more.")
        return Hidden(channels, self.hidden) if self.hidden else super().readout(channels, frames)


class Hidden(nn.Module):
    """A layer over the mean of all places and frames: features_NCTHW -> features_ND."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.layers = nn.Sequential(OrderedDict(
            mean=Mean(inputs), hidden=nn.Linear(inputs, channels), norm=nn.BatchNorm1d(channels), relu=nn.ReLU()))

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.layers(x_NCTHW)
