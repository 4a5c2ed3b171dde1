"""The tokens of a clip: class tokens first, then the patches, frame by frame and row by row.

Axes in names: N clips, L tokens, D width, T frames, H rows, W columns.
"""

from typing import NamedTuple

import torch


class Grid(NamedTuple):
    """What the tokens x_NLD of a clip are: `classes` class tokens (none, one, or one a frame), then the patches.

    Where only some of the places of a frame are there, they are one row of `columns`, and `shown_NS` says which places
    they are of, counted row by row in a frame of `across` columns.
    """

    classes: int
    frames: int
    rows: int
    columns: int
    shown_NS: torch.Tensor | None = None
    across: int = 0

    @property
    def sides(self) -> tuple[int, int, int]:
        """Frames, rows and columns."""
        return self.frames, self.rows, self.columns

    @property
    def places(self) -> int:
        """Patches of a frame."""
        return self.rows * self.columns

    @property
    def patches(self) -> int:
        """Patches of a clip."""
        return self.frames * self.places


def parts(x_NLD: torch.Tensor, grid: Grid) -> tuple[torch.Tensor, torch.Tensor]:
    """The class tokens and the patches."""
    return x_NLD[:, : grid.classes], x_NLD[:, grid.classes :]


def as_map(patches_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
    """Patches in their places: x_NDTHW."""
    return patches_NLD.transpose(1, 2).unflatten(2, (grid.frames, grid.rows, grid.columns))


def as_tokens(x_NDTHW: torch.Tensor) -> torch.Tensor:
    """The inverse of `as_map`."""
    return x_NDTHW.flatten(2).transpose(1, 2)
