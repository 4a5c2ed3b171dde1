"""Tables that tell tokens where they are, resized where a clip is not the one that they were made for.

Each gives what is added to class tokens (1 F D, or nothing) and to patches (1 L D).
Axes in names: L tokens, D width, F class tokens (one or none), T frames, H rows, W columns.
"""

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.transformer.parts import table
from kinema.models.transformer.tokens import Grid

BASE = 10000.0
Added = tuple[torch.Tensor, torch.Tensor]


class Separable(nn.Module):
    """A learned table of places plus, where frames meet, one of frames; resized by nearest neighbour (TimeSformer).

    The class token has a row in the table of places, before the others.
    """

    def __init__(self, grid: Grid, width: int) -> None:
        super().__init__()
        self.grid = grid
        self.space = table(1, grid.classes + grid.places, width)
        if grid.frames > 1:
            self.time = table(1, grid.frames, width)

    def forward(self, grid: Grid) -> Added:
        class_1FD, space_1LD = self.space[:, : self.grid.classes], self.space[:, self.grid.classes :]
        if (grid.rows, grid.columns) != (self.grid.rows, self.grid.columns):
            map_1DHW = space_1LD.transpose(1, 2).unflatten(2, (self.grid.rows, self.grid.columns))
            space_1LD = F.interpolate(map_1DHW, (grid.rows, grid.columns), mode="nearest").flatten(2).transpose(1, 2)
        if self.grid.frames == 1:
            return class_1FD, space_1LD.repeat(1, grid.frames, 1)
        time_1TD: torch.Tensor = self.time
        if grid.frames != self.grid.frames:
            time_1TD = F.interpolate(time_1TD.transpose(1, 2), grid.frames, mode="nearest").transpose(1, 2)
        return class_1FD, (time_1TD[:, :, None] + space_1LD[:, None]).flatten(1, 2)


class Table(nn.Module):
    """A table of all places of all frames, resized by trilinear interpolation.

    It is learned, or `fixed`: kept with the weights, and sines at first. `tokens` is how many patches it is for, where
    the clip's size does not say so. The class token has a row of a learned table, before the others.
    """

    fixed: torch.Tensor

    def __init__(self, grid: Grid, width: int, tokens: int, fixed: bool) -> None:
        super().__init__()
        if tokens and tokens != grid.patches:
            side = round((tokens / grid.frames) ** 0.5)
            if side * side * grid.frames != tokens:
                raise ModelError(f"A table of {tokens} positions is not one of {grid.frames} square frames.")
            grid = grid._replace(rows=side, columns=side)
        self.grid = grid._replace(classes=0 if fixed else grid.classes)
        if fixed:
            self.register_buffer("fixed", sines(grid.patches, width)[None])
        else:
            self.table = table(1, grid.classes + grid.patches, width)

    def forward(self, grid: Grid) -> Added:
        table_1LD: torch.Tensor = self.fixed if "fixed" in self._buffers else self.table
        class_1FD, table_1LD = table_1LD[:, : self.grid.classes], table_1LD[:, self.grid.classes :]
        own, came = self.grid.sides, grid.sides
        if self.grid.frames == 1 and grid.frames > 1:  # frames that do not meet share one table
            came = (1, *came[1:])
        if own != came:
            map_1DTHW = table_1LD.transpose(1, 2).unflatten(2, own)
            table_1LD = F.interpolate(map_1DTHW, came, mode="trilinear").flatten(2).transpose(1, 2)
        return class_1FD, table_1LD.repeat(1, grid.patches // table_1LD.shape[1], 1)


class Sine(nn.Module):
    """Sines and cosines of the number of each patch, which are not kept with the weights (VideoMAE)."""

    table: torch.Tensor

    def __init__(self, grid: Grid, width: int) -> None:
        super().__init__()
        self.frames_meet = grid.frames > 1
        self.register_buffer("table", sines(grid.patches, width)[None], persistent=False)

    def forward(self, grid: Grid) -> Added:
        count = grid.patches if self.frames_meet else grid.places
        table_1LD = self.table
        if count != table_1LD.shape[1]:
            table_1LD = sines(count, table_1LD.shape[2])[None].to(table_1LD)
        return table_1LD[:, :0], table_1LD.repeat(1, 1 if self.frames_meet else grid.frames, 1)


def sines(count: int, width: int) -> torch.Tensor:
    """The table of Vaswani et al. (arXiv:1706.03762): a sine and a cosine for each of width / 2 wavelengths."""
    number_L1 = torch.arange(count, dtype=torch.float64)[:, None]
    channel_D = torch.arange(width)
    angle_LD = number_L1 / BASE ** ((channel_D - channel_D % 2).double() / width)
    return torch.where(channel_D % 2 == 0, angle_LD.sin(), angle_LD.cos()).float()
