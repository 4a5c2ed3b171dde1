"""A recurrent network over the features of frames (Donahue et al., arXiv:1411.4389; Ng et al., arXiv:1503.08909)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Past
from kinema.models.means import so_far
from kinema.models.options import at_least
from kinema.models.temporal.base import Temporal

TAKES = ("mean", "rising", "last")


@dataclass(eq=False)
class LSTM(Temporal):
    """The frames' features pass through an LSTM of `layers` layers of `hidden` units, one frame after the other.

    `take` is what is kept of its outputs: their "mean" (Donahue et al.), a mean whose weights are "rising" from the
    first frame to the last (Ng et al.), or the "last". A `bidirectional` one also reads the clip backwards, so the last
    output of that way is the first frame's.
    """

    looks_back: ClassVar[bool] = True

    layers: int = 1
    hidden: int = 512
    bidirectional: bool = False
    take: str = "mean"

    def __post_init__(self) -> None:
        at_least("lstm", 1, layers=self.layers, hidden=self.hidden)
        if self.take not in TAKES:
            raise ModelError(f"lstm's take is {self.take!r}; it must be one of {', '.join(TAKES)}."
                             f"{nearest(self.take, TAKES)}")
        if self.causal and self.bidirectional:
            raise ModelError("A bidirectional lstm cannot be causal: it reads the clip from its end. Nearest: lstm "
                             "with bidirectional=False.")

    def readout(self, channels: int, frames: int) -> nn.Module:
        return (BothWays if self.bidirectional else Recurrent)(channels, self)


class BothWays(nn.Module):
    """features_NCTHW -> features_ND, by an LSTM over the means of each frame."""

    def __init__(self, channels: int, options: LSTM) -> None:
        super().__init__()
        ways = 2 if options.bidirectional else 1
        self.lstm = nn.LSTM(channels, options.hidden, options.layers, batch_first=True, bidirectional=ways == 2)
        self.hidden, self.take, self.channels = options.hidden, options.take, ways * options.hidden

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        out_NTD = self.lstm(x_NCTHW.mean((3, 4)).transpose(1, 2))[0]
        if self.take == "mean":
            return out_NTD.mean(1)
        if self.take == "last":
            return torch.cat([out_NTD[:, -1, : self.hidden], out_NTD[:, 0, self.hidden :]], dim=1)
        weight_T = torch.arange(1, out_NTD.shape[1] + 1, dtype=out_NTD.dtype, device=out_NTD.device)
        return (weight_T / weight_T.sum()) @ out_NTD


class Recurrent(BothWays):
    """That of an LSTM which reads the clip once, from its beginning."""

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The LSTM goes on from its last state; its outputs so far are remembered as what is taken of them."""
        state = (past[0], past[1]) if past else None
        out_N1D, (hidden, cell) = self.lstm(x_NC1HW.mean((3, 4)).transpose(1, 2), state)
        taken_ND = out_N1D[:, 0]
        if self.take == "mean":
            taken_ND = so_far(taken_ND, past[2:], count)
        elif self.take != "last" and past:  # weighted by 1, 2, 3 ...
            taken_ND = past[2] + (taken_ND - past[2]) * 2 / (count + 2)
        return taken_ND.to(x_NC1HW.dtype), (hidden, cell, taken_ND)
