"""Attention inside windows of a video, which are shifted in every second block.

Axes in names: N clips, W windows of all clips, h heads, L tokens of a window, T H W C as usual. Sizes are (frames,
rows, columns) of patches.
"""

from collections.abc import Callable
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.transformer.attention import by_heads
from kinema.models.transformer.parts import table

Size = tuple[int, int, int]
Attend = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # windows W L C, what is added W h L L -> W L C


class WindowAttention(nn.Module):
    """Attention of each patch to those in its window, by how far apart they are too.

    Windows are `window` large, or as the clip where that is smaller. With `shifted` they lie half a window further on
    along each axis that has several; those that then wrap around the edges are told apart. A clip is padded with zeros
    to whole windows, and these are attended to, as published.
    """

    def __init__(self, channels: int, heads: int, window: Size, shifted: bool) -> None:
        super().__init__()
        self.heads, self.window, self.shifted = heads, window, shifted
        frames, rows, columns = (2 * side - 1 for side in window)
        self.table = table(frames, rows, columns, heads)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.register_buffer("apart_LL", distances(window), persistent=False)

    def forward(self, x_NTHWC: torch.Tensor) -> torch.Tensor:
        return self.each(x_NTHWC, self.attend)

    def each(self, x_NTHWC: torch.Tensor, attend: Attend) -> torch.Tensor:
        """What becomes of each patch where this is done in each window."""
        frames, rows, columns = x_NTHWC.shape[1:4]
        sides = list(zip((frames, rows, columns), self.window, strict=True))
        window: Size = tuple(map(min, sides))  # type: ignore[assignment]
        shift = [whole // 2 if self.shifted and side > whole else 0 for side, whole in sides]
        after = [-side % whole for side, whole in zip((frames, rows, columns), window, strict=True)]
        x_NTHWC = F.pad(x_NTHWC, (0, 0, 0, after[2], 0, after[1], 0, after[0]))
        padded: Size = (frames + after[0], rows + after[1], columns + after[2])
        if any(shift):
            x_NTHWC = x_NTHWC.roll([-step for step in shift], (1, 2, 3))
        seen_WLC = attend(to_windows(x_NTHWC, window), self.added(window, padded, shift))
        x_NTHWC = from_windows(seen_WLC, window, padded)
        if any(shift):
            x_NTHWC = x_NTHWC.roll(shift, (1, 2, 3))
        return x_NTHWC[:, :frames, :rows, :columns]

    def attend(self, x_WLC: torch.Tensor, added_WhLL: torch.Tensor) -> torch.Tensor:
        """The attention within each window, to which something is added."""
        q, k, v = by_heads(self.qkv(x_WLC), 3, self.heads)
        if len(added_WhLL) > 1:
            added_WhLL = added_WhLL.repeat(len(x_WLC) // len(added_WhLL), 1, 1, 1)
        seen_WLhD = F.scaled_dot_product_attention(q, k, v, added_WhLL).transpose(1, 2)
        # a copy, for the exporter believes this to be contiguous, and then finds that it is not
        return self.out(seen_WLhD.clone(memory_format=torch.contiguous_format).flatten(2))

    def added(self, window: Size, padded: Size, shift: list[int]) -> torch.Tensor:
        """What is added to attention: the table's entry for each two places, and -inf where windows wrapped around.

        In a window that is smaller than the table's, places count as if they were the table's first, as published.
        """
        tokens = prod(window)
        added_1hLL = self.table.flatten(0, 2)[self.apart_LL[:tokens, :tokens]].permute(2, 0, 1)[None]  # type: ignore[index]
        if not any(shift):
            return added_1hLL
        parts = [regions(*axis, self.table.device) for axis in zip(padded, window, shift, strict=True)]
        part_NTHWC = (parts[0][:, None, None] * 9 + parts[1][:, None] * 3 + parts[2])[None, ..., None]
        part_WL = to_windows(part_NTHWC, window)[..., 0]
        foreign_WLL = part_WL[:, None] != part_WL[:, :, None]
        return added_1hLL.masked_fill(foreign_WLL[:, None], float("-inf"))


def regions(length: int, window: int, shift: int, device: torch.device) -> torch.Tensor:
    """Which places along an axis belong together after a shift: those of the last window do not all."""
    place = torch.arange(length, device=device)
    return (place >= length - window).long() + (place >= length - shift) if shift else torch.zeros_like(place)


def distances(window: Size) -> torch.Tensor:
    """For each two places of a window, where the table of distances, laid flat, has their entry (L L)."""
    places = torch.cartesian_prod(*(torch.arange(side) for side in window))
    apart = places[:, None] - places[None] + torch.tensor([side - 1 for side in window])
    frames, rows, columns = apart.unbind(-1)
    return (frames * (2 * window[1] - 1) + rows) * (2 * window[2] - 1) + columns


def to_windows(x_NTHWC: torch.Tensor, window: Size) -> torch.Tensor:
    """The windows of a video, one after the other (W L C)."""
    clips, frames, rows, columns, channels = x_NTHWC.shape
    deep, high, wide = window
    cut = x_NTHWC.reshape(clips, frames // deep, deep, rows // high, high, columns // wide, wide, channels)
    return cut.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(-1, prod(window), channels)


def from_windows(x_WLC: torch.Tensor, window: Size, size: Size) -> torch.Tensor:
    """The video of `size` whose windows these are (N T H W C)."""
    counts = [side // whole for side, whole in zip(size, window, strict=True)]
    cut = x_WLC.reshape(-1, *counts, *window, x_WLC.shape[-1])
    return cut.permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(-1, *size, x_WLC.shape[-1])
