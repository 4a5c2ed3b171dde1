"""Weights that let a branch of a block begin small (LayerScale; Touvron et al., arXiv:2103.17239)."""

import torch
from torch import nn


class Scale(nn.Module):
    """Multiply each channel of x_NLD by a weight of its own, which is `first` at first."""

    def __init__(self, width: int, first: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), first))

    def forward(self, x_NLD: torch.Tensor) -> torch.Tensor:
        return x_NLD * self.weight


def scaled(width: int, first: float) -> nn.Module:
    """A scale, or nothing where `first` is 0."""
    return Scale(width, first) if first else nn.Identity()
