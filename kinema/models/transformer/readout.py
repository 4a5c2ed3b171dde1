"""What is read off the tokens at the end: x_NLD -> features_NDTHW.

Axes in names: N clips, L tokens, D width, F class tokens, T frames, H rows, W columns.
"""

import torch
from torch import nn

from kinema.models.means import FrameMean
from kinema.models.transformer.tokens import Grid, as_map, parts


class ClassTokens(nn.Module):
    """The class token; where frames do not meet, that of each frame."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=eps)

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        return as_frames(self.norm(parts(x_NLD, grid)[0]))


class ClassMean(ClassTokens):
    """The mean of the class tokens, normalised after the mean (TimeSformer)."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__(width, eps)
        self.average = FrameMean()

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        return as_frames(self.norm(self.average(as_frames(parts(x_NLD, grid)[0])).flatten(2).transpose(1, 2)))


class Patches(ClassTokens):
    """All patches (ViViT models 3 and 4)."""

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        return as_map(self.norm(parts(x_NLD, grid)[1]), grid)


class Mean(ClassMean):
    """The mean of all patches, normalised after the mean (VideoMAE), a class token left aside."""

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        frames_ND1 = self.average(as_map(parts(x_NLD, grid)[1], grid).mean((3, 4), keepdim=True)).flatten(2)
        return as_frames(self.norm(frames_ND1.transpose(1, 2)))


class First(ClassTokens):
    """The first patch (VideoMAE without a mean)."""

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        return as_frames(self.norm(parts(x_NLD, grid)[1][:, :1]))


def as_frames(x_NFD: torch.Tensor) -> torch.Tensor:
    """Tokens as features of frames without places (N D F 1 1)."""
    return x_NFD.transpose(1, 2)[..., None, None]


READOUTS: dict[str, type[ClassTokens]] = {
    "class": ClassTokens, "class_mean": ClassMean, "patches": Patches, "class_patches": Mean, "mean": Mean,
    "first": First, "class_map": Patches,
}
