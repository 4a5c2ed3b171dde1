"""Squeeze and excitation (Hu et al., arXiv:1709.01507)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.models.layers import eights
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

NARROWEST = 4


@dataclass(eq=False)
class SE(Temporal):
    """At the end of a branch, channels are weighted by what the whole clip holds.

    Causal, or with `per_frame`: each frame for itself.
    """

    reduction: int = 16
    per_frame: bool = False

    order_aware: ClassVar[bool] = False

    def __post_init__(self) -> None:
        at_least("se", 1, "16 is usual", reduction=self.reduction)

    def gate(self, channels: int, place: Place) -> nn.Module:
        if place.index % place.habits.gate_every:
            return nn.Identity()
        narrow = (eights(channels / self.reduction) if place.habits.gate_eights
                  else max(channels // self.reduction, NARROWEST))
        return ChannelGate(channels, narrow, (3, 4) if self.causal or self.per_frame else (2, 3, 4))


class ChannelGate(nn.Module):
    """Multiply each channel by a weight from 0 to 1 that follows from the means of all channels over `axes`."""

    def __init__(self, channels: int, narrow: int, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes
        self.squeeze = nn.Conv3d(channels, narrow, 1)
        self.excite = nn.Conv3d(narrow, channels, 1)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        means = x_NCTHW.mean(self.axes, keepdim=True)
        return x_NCTHW * self.excite(self.squeeze(means).relu()).sigmoid()
