"""Spatiotemporal and motion encoding (STM; Jiang et al., arXiv:1908.02486)."""

from dataclasses import dataclass

import torch
from torch import nn

from kinema.models.layers import Conv
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.motion import Change, Mix


@dataclass(eq=False)
class STM(Temporal):
    """A block's convolution over pixels sees each channel blended over three frames; how features change is added.

    `reduction` is by how much the channels that show changes are fewer. Causal: blended with the two frames before, and
    changed since the frame before.
    """

    reduction: int = 16

    def __post_init__(self) -> None:
        at_least("stm", 1, "16 is usual", reduction=self.reduction)

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        plain = super().conv(inputs, outputs, size, stride, place, groups)
        if size == 1 or place.name in ("stem", "first"):
            return plain
        return Encode(Mix(inputs, self.causal), plain, Motion(
            inputs, outputs, stride, max(inputs // self.reduction, 1), self.causal))


class Encode(nn.Module):
    """A blend over frames and a convolution over pixels, plus what changes."""

    def __init__(self, mix: nn.Module, conv: nn.Module, motion: nn.Module) -> None:
        super().__init__()
        self.mix, self.conv, self.motion = mix, conv, motion

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.conv(self.mix(x_NCTHW)) + self.motion(x_NCTHW)


class Motion(nn.Module):
    """How few features, which follow from all, change to the next frame, zero in the last.

    Where the block steps over pixels, so does the first convolution; the paper does not say.
    """

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int], narrow: int, causal: bool) -> None:
        super().__init__()
        self.squeeze = Conv(inputs, narrow, (1, 1), stride)
        self.move = Conv(narrow, narrow, (1, 3), groups=narrow)
        self.change = Change(causal)
        self.expand = Conv(narrow, outputs, (1, 1))

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        here = self.squeeze(x_NCTHW)
        return self.expand(self.change(self.move(here), here))
