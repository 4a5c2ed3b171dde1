"""Temporal aggregation (Fan et al., arXiv:1912.00869; in the study arXiv:2010.11757)."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError, nearest
from kinema.models.kernels.suited import suited
from kinema.models.layers import Conv, TimePad, edges
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.moving import by_others

BLENDS = ("sum", "max")
NOISE = 0.1  # spread of the first weights around "this frame, as it is"


@dataclass(eq=False)
class TAM(Temporal):
    """Before a block, every channel is a weighted sum of itself in `taps` frames (not `depthwise`: of all channels).

    `blend="max"` takes the greatest of the weighted frames instead of their sum.
    """

    taps: int = 3
    depthwise: bool = True
    blend: str = "sum"

    def __post_init__(self) -> None:
        if self.taps < 1:
            raise ModelError(f"tam's taps are {self.taps}; they must be 1 or more (3, 5 and 7 are usual).")
        if self.blend not in BLENDS:
            raise ModelError(f"tam's blend is {self.blend!r}; it must be sum or max.{nearest(self.blend, BLENDS)}")

    def before(self, channels: int, place: Place) -> nn.Module:
        kind = GreatestTap if self.blend == "max" else ChannelMix if self.depthwise else Conv
        mix = kind(channels, channels, (self.taps, 1), groups=channels if self.depthwise else 1, causal=self.causal)
        start_near_identity(mix.weight, here=self.taps - 1 if self.causal else self.taps // 2)
        return nn.Sequential(OrderedDict(mix=mix, relu=nn.ReLU(inplace=True)))


@torch.no_grad()
def start_near_identity(weight_OCTHW: torch.Tensor, here: int) -> None:
    """Begin with each frame as it is, plus noise: a network trained from scratch starts close to its tsn."""
    outputs, inputs = weight_OCTHW.shape[:2]
    nn.init.normal_(weight_OCTHW, std=NOISE / inputs**0.5)
    weight_OCTHW[:, :, here, 0, 0] += torch.eye(outputs, inputs) if inputs > 1 else 1


class ChannelMix(Conv):
    """A convolution over frames, each channel for itself.

    A CPU does it by a kernel, or without one as a product with the matrix of each frame's effect on all frames, about
    five times as fast as torch's convolution.
    """

    def _conv_forward(self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        if input.device.type != "cpu" or by_others() or suited(input, weight):
            return super()._conv_forward(input, weight, bias)
        alone_T1T = torch.eye(input.shape[2]).to(weight).unsqueeze(1)  # T clips in which one frame is lit
        effect_CTT = F.conv1d(alone_T1T, weight.flatten(2), padding=int(self.padding[0])).permute(1, 2, 0)
        return (effect_CTT @ input.flatten(3)).unflatten(3, input.shape[3:])


class GreatestTap(nn.Module):
    """The greatest of the weighted frames; what stands outside a clip, zeros as a rule, takes part."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], groups: int, causal: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, kernel[0], 1, 1))
        self.groups = groups
        edge, own = edges(kernel[0], 1, causal)
        self.edge = TimePad(own, own) if own else edge

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.edge(x_NCTHW)
        taps = self.weight.split(1, dim=2)
        frames = x_NCTHW.shape[2] - len(taps) + 1
        seen = [F.conv3d(x_NCTHW[:, :, t : t + frames], tap, groups=self.groups) for t, tap in enumerate(taps)]
        return torch.stack(seen).amax(0)
