"""Slow fusion (Karpathy et al., "Large-scale Video Classification with Convolutional Neural Networks", 2014)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.layers import Conv
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.single import not_causal, unpadded

FIRST, STEP = 4, 2  # frames that the first convolution covers, and how far it moves on
NEXT = (1, 2)  # the layers, or where blocks have shortcuts the stages, that merge two frames each


@dataclass(eq=False)
class SlowFusion(Temporal):
    """The first convolution covers four frames, every second time; the next two layers merge two frames each.

    Ten frames become four, then two, then one. Where a layer is a block with a shortcut, the first block of each of the
    first two stages merges them.
    """

    strides: ClassVar[bool] = True
    tp: ClassVar[bool] = False

    def __post_init__(self) -> None:
        not_causal("slow_fusion", self.causal)

    def kept(self, frames: int) -> int:
        return max(frames - FIRST, 0) // STEP + 1

    def step(self, stage: int, tp: bool) -> int:
        return 2 if stage in NEXT else 1

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if place.name == "stem":
            return nn.Sequential(AtLeast(FIRST), unpadded(inputs, outputs, (FIRST, size), (STEP, stride[1]), groups))
        frame_step = 2 if place.name == "block" and place.block in NEXT else stride[0]
        return Conv(inputs, outputs, (frame_step, size), (frame_step, stride[1]), groups, causal=True)  # no overlap


class AtLeast(nn.Module):
    """x_NCTHW, and after a clip of fewer than `frames` frames as many zeros as are missing."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.frames = frames

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        missing = self.frames - x_NCTHW.shape[2]
        return F.pad(x_NCTHW, (0, 0, 0, 0, 0, missing)) if missing > 0 else x_NCTHW

    def extra_repr(self) -> str:
        return f"{self.frames}"
