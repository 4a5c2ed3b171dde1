"""The single frame of Karpathy et al., "Large-scale Video Classification with Convolutional Neural Networks" (2014)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.layers import Conv
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal


@dataclass(eq=False)
class Single(Temporal):
    """Only the middle frame of a clip is seen; of two middle frames the earlier, so order tells even clips apart."""

    tp: ClassVar[bool] = False

    def __post_init__(self) -> None:
        not_causal("single", self.causal)

    def kept(self, frames: int) -> int:
        return 1

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        plain = super().conv(inputs, outputs, size, stride, place, groups)
        return nn.Sequential(Middle(1), plain) if place.name == "stem" else plain


class Middle(nn.Module):
    """The middle `count` frames of x_NCTHW; around a clip of fewer stand zeros, as everywhere around a clip."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        missing = self.count - x_NCTHW.shape[2]
        if missing > 0:
            return F.pad(x_NCTHW, (0, 0, 0, 0, missing // 2, missing - missing // 2))
        first = -missing // 2
        return x_NCTHW[:, :, first : first + self.count]

    def extra_repr(self) -> str:
        return f"{self.count}"


def unpadded(inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int], groups: int) -> Conv:
    """A convolution that stays inside the clip in time, and is padded over pixels as usual."""
    conv = Conv(inputs, outputs, kernel, stride, groups)
    conv.edge, conv.padding = nn.Identity(), (0, *conv.padding[1:])
    return conv


def not_causal(module: str, causal: bool) -> None:
    """Raise ModelError for a module that chooses or merges frames by where they stand in the whole clip."""
    if causal:
        raise ModelError(f"{module} cannot be causal: which frames it sees depends on the length of the whole clip. "
                         "Nearest: tsn, i3d.")
