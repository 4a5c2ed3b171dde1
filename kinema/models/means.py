"""What makes one of many: the means and the greatest of frames and places.

Axes in names: N clips, C channels, T frames, H rows, W columns, D features. `follow`: see `layers`.
"""

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.layers import Past


class Mean(nn.Module):
    """The mean of all places and frames: features_NCTHW -> features_ND."""

    gathers = True  # one of all frames, also in a stream

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW.mean((3, 4)).mean(2)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The mean of all frames so far."""
        mean_ND = so_far(x_NC1HW.mean((3, 4))[:, :, 0], past, count)
        return mean_ND.to(x_NC1HW.dtype), (mean_ND,)


class FrameMean(nn.Module):
    """The mean of all frames, as one: x_NCTHW -> N C 1 H W."""

    gathers = True

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW.mean(2, keepdim=True)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The mean of all frames so far."""
        mean_NC1HW = so_far(x_NC1HW, past, count)
        return mean_NC1HW.to(x_NC1HW.dtype), (mean_NC1HW,)


class FrameMax(nn.Module):
    """The greatest of all frames, as one: x_NCTHW -> N C 1 H W."""

    gathers = True
    remembers_for_ever = True

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW.amax(2, keepdim=True)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The greatest so far."""
        most_NC1HW = torch.maximum(past[0], x_NC1HW) if past else x_NC1HW
        return most_NC1HW, (most_NC1HW,)


def so_far(x: torch.Tensor, past: Past, count: int) -> torch.Tensor:
    """The mean of x and the `count` before it, whose mean the `past` is; in float32 at least, for a stream is long."""
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    return past[0] + (x - past[0]) / (count + 1) if past else x


class Windows(nn.Module):
    """The means of all windows of `size` x `size` places, one place each, in maps with more than that (0: never).

    Networks that were trained on clips of one size and classified one window are shown larger ones so.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        rows, columns = (min(self.size, side) for side in x_NCTHW.shape[3:])
        return F.avg_pool3d(x_NCTHW, (1, rows, columns), 1) if 0 < self.size < max(x_NCTHW.shape[3:]) else x_NCTHW

    def extra_repr(self) -> str:
        return f"size={self.size}"
