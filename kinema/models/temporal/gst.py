"""Grouped spatial-temporal aggregation (GST; Luo and Yuille, arXiv:1909.13130)."""

from dataclasses import dataclass

import torch
from torch import nn

from kinema.models.layers import Conv
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

FRAMES = 3


@dataclass(eq=False)
class GST(Temporal):
    """One in `alpha` channels of a block's convolution over pixels also covers three frames, the others do not.

    With `split` each of the two kinds sees one half of the input, without (GST-Large) all of it.
    """

    alpha: int = 4
    split: bool = True

    def __post_init__(self) -> None:
        at_least("gst", 2, "4: a quarter covers three frames", alpha=self.alpha)

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if size == 1 or place.name in ("stem", "first"):
            return super().conv(inputs, outputs, size, stride, place, groups)
        return Grouped(inputs, outputs, size, stride, self.alpha, self.split, self.causal)


class Grouped(nn.Module):
    """Convolutions over pixels, and over pixels and frames, side by side in the output."""

    def __init__(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], alpha: int, split: bool, causal: bool
    ) -> None:
        super().__init__()
        self.first, both = inputs // 2 if split else 0, outputs // alpha
        self.space = Conv(self.first or inputs, outputs - both, (1, size), stride)
        self.both = Conv(inputs - self.first, both, (FRAMES, size), stride, causal=causal)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        first, second = (x_NCTHW[:, : self.first], x_NCTHW[:, self.first :]) if self.first else (x_NCTHW, x_NCTHW)
        return torch.cat([self.space(first), self.both(second)], dim=1)
