"""Separated convolutions: over pixels, then over frames (Xie et al., arXiv:1712.04851)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from kinema.models.layers import Conv, Pool
from kinema.models.temporal.base import Place, Temporal

FRAMES = 3


@dataclass(eq=False)
class S3D(Temporal):
    """Every convolution over pixels is followed by one over three frames (`depthwise`: each channel for itself).

    The stem alone covers pixels and frames at once, as published.
    """

    depthwise: bool = False
    strides: ClassVar[bool] = True

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if size == 1:
            return Conv(inputs, outputs, size, stride, groups=groups)
        if place.name == "stem":
            return Conv(inputs, outputs, size, stride, frames=FRAMES, groups=groups, causal=self.causal)
        frames, pixels = stride
        return nn.Sequential(OrderedDict(
            space=Conv(inputs, outputs, size, (1, pixels), groups=groups),
            norm=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
            relu=nn.ReLU(),
            time=Conv(outputs, outputs, 1, (frames, 1), frames=FRAMES, groups=outputs if self.depthwise else 1,
                      bias=place.habits.time_bias, causal=self.causal),
        ))  # fmt: skip

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        frames = 1 if place.name == "stem" else size
        return Pool(method, size, stride, frames=frames, padded=size > 2, causal=self.causal)
