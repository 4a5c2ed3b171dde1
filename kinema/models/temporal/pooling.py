"""Pools over the features of frames (Ng et al., arXiv:1503.08909)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Mean
from kinema.models.temporal.base import Temporal

KINDS = ("max", "avg", "attention")


@dataclass(eq=False)
class Pooling(Temporal):
    """Of each feature the greatest over all frames is kept ("max", the conv pooling of Ng et al.).

    Other kinds: "avg", the mean (which is tsn), and "attention", a mean whose weights are a softmax of learned scores
    of the frames. The order of the frames counts in none.
    """

    kind: str = "max"

    order_aware: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ModelError(f"pooling's kind is {self.kind!r}; it must be one of {', '.join(KINDS)}. "
                             f"{nearest(self.kind, KINDS)}")

    def readout(self, channels: int, frames: int) -> nn.Module:
        return {"max": Greatest, "avg": Mean, "attention": Weighted}[self.kind](channels)


class Greatest(nn.Module):
    """features_NCTHW -> features_ND: the greatest of the frames' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW.mean((3, 4)).amax(2)


class Weighted(nn.Module):
    """features_NCTHW -> features_ND: the frames' means, weighted by a softmax of a score of each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.score = nn.Linear(channels, 1, bias=False)  # a softmax does not see what all scores share

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        frames_NTC = x_NCTHW.mean((3, 4)).transpose(1, 2)
        return (frames_NTC * self.score(frames_NTC).softmax(1)).sum(1)
