"""Channel-separated convolutions (Tran et al., arXiv:1904.02811)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from kinema.models.layers import Conv
from kinema.models.plan import Place
from kinema.models.temporal.r3d import R3D


@dataclass(eq=False)
class IRCSN(R3D):
    """A bottleneck's middle convolution covers three frames of each channel by itself (interaction reduced).

    Where no projections stand around a convolution (basic blocks, Inception), one before it keeps the channels in
    touch, as in ipcsn.
    """

    stem_pool: str = "pixels"

    mixes: ClassVar[bool] = False  # does a projection stand before every separated convolution?

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        frames = self.frames(size, place)
        if size == 1 or place.name == "stem" or place.stage not in self.stages:
            return Conv(inputs, outputs, (frames, size), stride, groups, self.causal)
        depth = Conv(outputs, outputs, (frames, size), stride, outputs, self.causal)
        if place.name == "middle" and not self.mixes:
            return depth
        return nn.Sequential(OrderedDict(
            point=Conv(inputs, outputs, (1, 1), groups=groups),
            norm=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
            depth=depth,
        ))


@dataclass(eq=False)
class IPCSN(IRCSN):
    """As ircsn, with a projection before each separated convolution (interaction preserved)."""

    mixes: ClassVar[bool] = True
