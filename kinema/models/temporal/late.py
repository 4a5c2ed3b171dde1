"""Late fusion (Karpathy et al., "Large-scale Video Classification with Convolutional Neural Networks", 2014)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.means import Mean
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.single import not_causal, unpadded


@dataclass(eq=False)
class Late(Temporal):
    """Two frames `apart` frames from each other pass through one and the same network, and meet at its end.

    They stand around the middle of the clip, or at both ends of a shorter one. They meet in the first fully connected
    layer, or where a backbone has none, as features side by side before the classifier.
    """

    apart: int = 15

    tp: ClassVar[bool] = False

    def __post_init__(self) -> None:
        not_causal("late", self.causal)
        if self.apart < 1:
            raise ModelError(f"late's frames are {self.apart} apart; it must be 1 or more (15 is usual).")

    def kept(self, frames: int) -> int:
        return 2

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if place.name == "full":
            return unpadded(inputs, outputs, (2, size), (2, stride[1]), groups)
        plain = super().conv(inputs, outputs, size, stride, place, groups)
        return nn.Sequential(Apart(self.apart), plain) if place.name == "stem" else plain

    def readout(self, channels: int, frames: int) -> nn.Module:
        return SideBySide(channels) if frames == 2 else Mean(channels)


class Apart(nn.Module):
    """Two frames of x_NCTHW, `apart` frames from each other where the clip is long enough, else its first and last."""

    def __init__(self, apart: int) -> None:
        super().__init__()
        self.apart = apart

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        frames = x_NCTHW.shape[2]
        apart = min(self.apart, frames - 1)
        first = (frames - 1 - apart) // 2
        return torch.cat([x_NCTHW[:, :, t : t + 1] for t in (first, first + apart)], dim=2)

    def extra_repr(self) -> str:
        return f"{self.apart}"


class SideBySide(nn.Module):
    """features_NCTHW -> features_ND: the means of the first and of the last frame, one after the other."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = 2 * channels

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        means_NCT = x_NCTHW.mean((3, 4))
        return torch.cat([means_NCT[:, :, 0], means_NCT[:, :, -1]], dim=1)
