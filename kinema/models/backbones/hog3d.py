"""The hand-crafted baseline: how often each word of a codebook of HOG3D descriptors is in a clip.

Axes in names: N clips, C channels, T frames, H rows, W columns, B blocks, D numbers of a descriptor, V words.
"""

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.backbones.gradients import Blocks, normals
from kinema.models.plan import Plan

STEEP = 0.005  # of clips whose colours spread by 1: flatter blocks say nothing (about 0.3 grey levels a pixel)


class HOG3D(nn.Module):
    """clip_NCTHW -> features_NV111: the square root of each word's share of the clip's blocks.

    A linear classifier of square roots compares histograms by Hellinger's kernel. The `words` are found by k-means
    among descriptors of training clips and the classifier is a linear support vector machine
    (`kinema.training.fitting`): no gradient reaches them. `block_pixels` and `block_frames` are the smallest block's;
    the other options are those of `Blocks`.
    """

    def __init__(
        self, plan: Plan, words: int = 1000, solid: str = "icosahedron", half: bool = False, block_pixels: float = 18.0,
        block_frames: float = 10.0, sizes: int = 8, sizes_time: int = 2, cells: int = 4, cells_time: int = 3,
        parts: int = 3, cut: float = 0.25,
    ) -> None:
        super().__init__()
        counts = {"words": words, "sizes": sizes, "sizes_time": sizes_time, "cells": cells, "cells_time": cells_time,
                  "parts": parts, "block_pixels": block_pixels, "block_frames": block_frames, "cut": cut}
        for name, value in counts.items():
            if not isinstance(value, int | float) or value <= 0:
                raise ModelError(f"hog3d's {name} is {value!r}; it must be a number above 0.")
        normals(solid)  # says that there is no such solid
        self.blocks = Blocks(solid, half, block_pixels, block_frames, sizes, sizes_time, cells, cells_time, parts, cut)
        self.channels, self.frames = words, 1
        start = torch.rand(words, self.blocks.numbers)
        self.words_VD: torch.Tensor
        self.register_buffer("words_VD", start / start.norm(dim=1, keepdim=True))

    @torch.no_grad()
    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        counts_NV = torch.stack([self.count(*self.describe(clip_CTHW)) for clip_CTHW in clip_NCTHW])
        return (counts_NV / counts_NV.sum(1, keepdim=True).clamp(min=1)).sqrt()[..., None, None, None]

    def describe(self, clip_CTHW: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The descriptors of a clip's blocks (B D), of the mean of its channels, and whether each counts (B)."""
        rows_BD, steep_B = self.blocks.describe(clip_CTHW.mean(0))
        return rows_BD, steep_B > STEEP

    def count(self, rows_BD: torch.Tensor, counts_B: torch.Tensor) -> torch.Tensor:
        """How many of the blocks that count each word (V) is nearest to."""
        words_VD = self.words_VD.to(rows_BD)
        nearest_B = (rows_BD @ words_VD.T - words_VD.square().sum(1) / 2).argmax(1)
        return torch.zeros_like(words_VD[:, 0]).index_add(0, nearest_B, counts_B.to(rows_BD))
