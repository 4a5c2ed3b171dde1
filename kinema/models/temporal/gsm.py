"""Gate-shift networks (Sudhakaran et al., arXiv:1912.00381).

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from dataclasses import dataclass

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import Conv, TimePad
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

NOISE = 1e-3  # spread of the gates' first weights around "shift nothing"


@dataclass(eq=False)
class GSM(Temporal):
    """After the first projection of a block, gates tell how much of each place moves on to a neighbouring frame.

    Half of the channels move to the frame before, half to the next (causal: all to the next). Of branches side by side
    only the shortest with a projection is gated. On residual networks, which were not published with it, the first
    convolution of a branch is.
    """

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if place.name != "first" or not place.lead:
            return super().conv(inputs, outputs, size, stride, place, groups)
        return ShiftedConv(inputs, outputs, (1, size), stride, groups, self.causal)


class ShiftedConv(Conv):
    """A convolution over pixels, then a gated shift."""

    def __init__(
        self, inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int], groups: int, causal: bool
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups)
        self.shift = GatedShift(outputs, causal)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.shift(super().forward(x_NCTHW))


class GatedShift(nn.Module):
    """Move what one gate for each half of the channels lets through, keep the rest, interleave each half's quarters."""

    def __init__(self, channels: int, causal: bool) -> None:
        super().__init__()
        if channels % 4:
            raise ModelError(f"gsm was asked to shift {channels} channels; it needs a multiple of 4.")
        self.norm = nn.BatchNorm3d(channels)
        self.gate = Conv(channels, 2, (3, 3), groups=2, causal=causal)
        self.gate.bias = nn.Parameter(torch.zeros(2))
        nn.init.normal_(self.gate.weight, std=NOISE)
        self.past = TimePad(1, 0)
        self.future = None if causal else TimePad(0, 1)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        gates = self.gate(self.norm(x_NCTHW).relu()).tanh().split(1, dim=1)
        coming, going = x_NCTHW.chunk(2, dim=1)
        moved = coming * gates[0]
        here = coming - moved
        coming = here + (self.past(moved)[:, :, :-1] if self.future is None else self.future(moved)[:, :, 1:])
        moved = going * gates[1]
        going = going - moved + self.past(moved)[:, :, :-1]
        return torch.cat([interleave(coming), interleave(going)], dim=1)


def interleave(x_NCTHW: torch.Tensor) -> torch.Tensor:
    """The channels of the first half of x and those of the second in turn."""
    return x_NCTHW.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)
