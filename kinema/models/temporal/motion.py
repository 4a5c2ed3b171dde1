"""Layers that several temporal modules share: how features change from frame to frame, and channels blended in time.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from collections import OrderedDict

import torch
from torch import nn

from kinema.models.layers import Conv, TimePad
from kinema.models.temporal.tam import ChannelMix

TAPS = 3


class Mix(ChannelMix):
    """Each channel blended with itself in the frames beside it; at first one in `fold` channels is shifted each way.

    The first of them come from the next frame, as many again from the frame before (causal: nothing from the next), the
    rest from here. `fold=0` shifts none.
    """

    def __init__(self, channels: int, causal: bool, fold: int = 0) -> None:
        self.moved = channels // fold if fold else 0
        self.here = TAPS - 1 if causal else TAPS // 2
        super().__init__(channels, channels, (TAPS, 1), groups=channels, causal=causal)

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Begin as a shift, or as nothing."""
        nn.init.zeros_(self.weight)
        coming = min(self.here + 1, TAPS - 1)
        self.weight[: self.moved, :, coming] = 1
        self.weight[self.moved : 2 * self.moved, :, self.here - 1] = 1
        self.weight[2 * self.moved :, :, self.here] = 1


class Change(nn.Module):
    """What the next frame holds less what this one holds, zero in the last frame.

    Causal: what this frame holds less what the frame before does.
    """

    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.past = TimePad(1, 0) if causal else None

    def forward(self, next_NCTHW: torch.Tensor, here_NCTHW: torch.Tensor) -> torch.Tensor:
        if self.past is not None:
            return next_NCTHW - self.past(here_NCTHW)[:, :, :-1]
        change = next_NCTHW[:, :, 1:] - here_NCTHW[:, :, :-1]
        return torch.cat([change, torch.zeros_like(here_NCTHW[:, :, :1])], dim=2)


def normed(inputs: int, outputs: int, size: int) -> nn.Sequential:
    """A convolution over pixels and batch norm."""
    return nn.Sequential(OrderedDict(conv=Conv(inputs, outputs, (1, size)), bn=nn.BatchNorm3d(outputs)))
