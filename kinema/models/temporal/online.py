"""Temporal shift for streams (Lin et al., arXiv:1811.08383, section 4.3)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.models.layers import Past, TimePad
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal, sits_out
from kinema.models.temporal.moving import Moved, by_others


@dataclass(eq=False)
class OnlineTSM(Temporal):
    """Before a block, the first of `fold` parts of the channels comes from the frame before; the last frame answers.

    It is always causal. A causal `tsm` differs: it keeps what one trained both ways has of the past, the second part.
    """

    looks_back: ClassVar[bool] = True

    causal: bool = True
    fold: int = 8

    def __post_init__(self) -> None:
        self.causal = True
        at_least("online_tsm", 1, "8: an eighth of the channels", fold=self.fold)

    def before(self, channels: int, place: Place) -> nn.Module:
        return nn.Identity() if sits_out(place) else Delay(channels // self.fold)

    def readout(self, channels: int, frames: int) -> nn.Module:
        return LastFrame(channels)


class Delay(nn.Module):
    """Take the first `moved` channels from the frame before, the rest from here."""

    def __init__(self, moved: int) -> None:
        super().__init__()
        self.moved = moved
        self.past = TimePad(1, 0)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if not by_others():
            return Moved.apply(x_NCTHW, ((slice(self.moved), 1),), self.past.fill)
        gone, here = x_NCTHW[:, : self.moved], x_NCTHW[:, self.moved :]
        return torch.cat([self.past(gone)[:, :, :-1], here], dim=1)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """What goes is that of the frame before."""
        seen_NC2HW, past = self.past.follow(x_NC1HW[:, : self.moved], past, count)
        return torch.cat([seen_NC2HW[:, :, :1], x_NC1HW[:, self.moved :]], dim=1), past


class LastFrame(nn.Module):
    """The mean of all places of the last frame: features_NCTHW -> features_ND."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW[:, :, -1].mean((2, 3))

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """This frame is the last."""
        return x_NC1HW[:, :, -1].mean((2, 3)), ()
