"""Pools over the features of frames (Ng et al., arXiv:1503.08909)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Past
from kinema.models.means import Mean
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
    looks_back: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ModelError(f"pooling's kind is {self.kind!r}; it must be one of {', '.join(KINDS)}."
                             f"{nearest(self.kind, KINDS)}")

    def readout(self, channels: int, frames: int) -> nn.Module:
        return {"max": Greatest, "avg": Mean, "attention": Weighted}[self.kind](channels)


class Greatest(nn.Module):
    """features_NCTHW -> features_ND: the greatest of the frames' means."""

    remembers_for_ever = True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW.mean((3, 4)).amax(2)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The greatest so far."""
        here_ND = x_NC1HW.mean((3, 4)).amax(2)
        most_ND = torch.maximum(past[0], here_ND) if past else here_ND
        return most_ND, (most_ND,)


class Weighted(nn.Module):
    """features_NCTHW -> features_ND: the frames' means, weighted by a softmax of a score of each."""

    remembers_for_ever = True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.score = nn.Linear(channels, 1, bias=False)  # a softmax does not see what all scores share

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        frames_NTC = x_NCTHW.mean((3, 4)).transpose(1, 2)
        return (frames_NTC * self.score(frames_NTC).softmax(1)).sum(1)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The weighted mean so far; remembered with the logarithm of its weight."""
        here_ND = x_NC1HW.mean((3, 4))[:, :, 0]
        weight_N1 = self.score(here_ND)
        if past:
            total_N1 = torch.logaddexp(past[1], weight_N1)
            here_ND = (past[1] - total_N1).exp() * past[0] + (weight_N1 - total_N1).exp() * here_ND
            weight_N1 = total_N1
        return here_ND, (here_ND, weight_N1)
