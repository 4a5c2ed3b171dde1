"""The blocks of a UniFormer: local ones, which are convolutions, and global ones, which attend.

Axes in names: N clips, C channels, T frames, H rows, W columns, L tokens (all places of all frames).
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.drop_path import drop_path
from kinema.models.transformer.attention import by_heads
from kinema.models.transformer.parts import mlp


def depthwise(channels: int, size: int) -> nn.Conv3d:
    """A convolution of each channel alone over `size` frames, rows and columns."""
    return nn.Conv3d(channels, channels, size, padding=size // 2, groups=channels)


class LocalBlock(nn.Module):
    """Position, neighbourhood and channels, each a convolution beside a way around it.

    `rate` is the chance with which each of the last two is left out in training.
    """

    def __init__(self, channels: int, widen: int, rate: float) -> None:
        super().__init__()
        hidden = widen * channels
        self.position = depthwise(channels, 3)
        self.norm1 = nn.BatchNorm3d(channels)
        self.mix = nn.Sequential(OrderedDict(
            conv1=nn.Conv3d(channels, channels, 1), near=depthwise(channels, 5),
            conv2=nn.Conv3d(channels, channels, 1)))
        self.norm2 = nn.BatchNorm3d(channels)
        self.mlp = nn.Sequential(OrderedDict(
            fc1=nn.Conv3d(channels, hidden, 1), act=nn.GELU(), fc2=nn.Conv3d(hidden, channels, 1)))
        self.drop_path = drop_path(rate)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = x_NCTHW + self.position(x_NCTHW)
        x_NCTHW = x_NCTHW + self.drop_path(self.mix(self.norm1(x_NCTHW)))
        return x_NCTHW + self.drop_path(self.mlp(self.norm2(x_NCTHW)))


class Attention(nn.Module):
    """Attention in heads of `head` channels between the tokens of x_NLC."""

    def __init__(self, channels: int, head: int) -> None:
        super().__init__()
        self.heads = channels // head
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)

    def parts(self, x_NLC: torch.Tensor) -> list[torch.Tensor]:
        """Queries, keys and values, by heads (each N h L C)."""
        return by_heads(self.qkv(x_NLC), 3, self.heads)

    def forward(self, x_NLC: torch.Tensor) -> torch.Tensor:
        q, k, v = self.parts(x_NLC)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class GlobalBlock(nn.Module):
    """Position by a convolution, then attention between all places of all frames, then two linear layers.

    `rate` is the chance with which attention, and the layers, are left out in training.
    """

    def __init__(self, channels: int, head: int, widen: int, eps: float, rate: float) -> None:
        super().__init__()
        self.position = depthwise(channels, 3)
        self.norm1 = nn.LayerNorm(channels, eps)
        self.attention = Attention(channels, head)
        self.norm2 = nn.LayerNorm(channels, eps)
        self.mlp = mlp(channels, widen * channels, channels)
        self.drop_path = drop_path(rate)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = x_NCTHW + self.position(x_NCTHW)
        x_NLC = self.see(x_NCTHW)
        x_NLC = x_NLC + self.drop_path(self.mlp(self.norm2(x_NLC)))
        return x_NLC.transpose(1, 2).unflatten(2, x_NCTHW.shape[2:])

    def see(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        """The tokens after attention (N L C)."""
        x_NLC = x_NCTHW.flatten(2).transpose(1, 2)
        return x_NLC + self.drop_path(self.attention(self.norm1(x_NLC)))


class SplitBlock(GlobalBlock):
    """A global block that attends to the same place in all frames first, then to all places of a frame.

    What comes of the first is only what the second attends to: the way around both holds neither.
    """

    def __init__(self, channels: int, head: int, widen: int, eps: float, rate: float) -> None:
        super().__init__(channels, head, widen, eps, rate)
        self.time_norm = nn.LayerNorm(channels, eps)
        self.time_attention = Attention(channels, head)

    def see(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        clips, channels, frames, rows, columns = x_NCTHW.shape
        places = rows * columns
        through = x_NCTHW.reshape(clips, channels, frames, places).permute(0, 3, 2, 1).flatten(0, 1)
        through = through + self.time_attention(self.time_norm(through))
        within = through.reshape(clips, places, frames, channels).transpose(1, 2).flatten(0, 1)
        seen_NLC = self.attention(self.norm1(within)).reshape(clips, frames * places, channels)
        return x_NCTHW.flatten(2).transpose(1, 2) + self.drop_path(seen_NLC)
