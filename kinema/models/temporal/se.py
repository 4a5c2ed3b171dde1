"""Squeeze and excitation (Hu et al., arXiv:1709.01507)."""

from dataclasses import dataclass

import torch
from torch import nn

from kinema.models.layers import Conv
from kinema.models.temporal.base import Place, Temporal


@dataclass(eq=False)
class SE(Temporal):
    """At the end of a branch, channels are weighted by what the whole clip holds (causal: each frame for itself)."""

    reduction: int = 16

    def gate(self, channels: int, place: Place) -> nn.Module:
        return ChannelGate(channels, max(channels // self.reduction, 4), axes=(3, 4) if self.causal else (2, 3, 4))


class ChannelGate(nn.Module):
    """Multiply each channel by a weight between 0 and 1 that follows from the means of all channels over `axes`."""

    def __init__(self, channels: int, narrow: int, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes
        self.squeeze = Conv(channels, narrow, 1, bias=True)
        self.excite = Conv(narrow, channels, 1, bias=True)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        means = x_NCTHW.mean(self.axes, keepdim=True)
        return x_NCTHW * self.excite(self.squeeze(means).relu()).sigmoid()
