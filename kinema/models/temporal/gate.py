"""Feature gating, the G of S3D-G (Xie et al., arXiv:1712.04851)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal


@dataclass(eq=False)
class Gate(Temporal):
    """At the end of each branch, channels are weighted by what its whole output holds (causal: each frame for itself).

    Unlike `se` it has no narrow layer in between, and of branches side by side each is gated for itself. The stem,
    which ends with no convolution over frames, has none.
    """

    order_aware: ClassVar[bool] = False

    def gate(self, channels: int, place: Place) -> nn.Module:
        if place.name == "stem":
            return nn.Identity()
        return FeatureGate(place.parts or (channels,), (3, 4) if self.causal else (2, 3, 4))


class FeatureGate(nn.Module):
    """Multiply each channel by a weight from 0 to 1, told by the means over `axes` of the channels of its part."""

    def __init__(self, parts: tuple[int, ...], axes: tuple[int, ...]) -> None:
        super().__init__()
        self.parts, self.axes = parts, axes
        self.weigh = nn.ModuleList(nn.Conv3d(channels, channels, 1) for channels in parts)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        means = x_NCTHW.mean(self.axes, keepdim=True).split(self.parts, dim=1)
        weights = [weigh(part) for weigh, part in zip(self.weigh, means, strict=True)]
        return x_NCTHW * torch.cat(weights, dim=1).sigmoid()
