"""Temporal relation networks (Zhou et al., arXiv:1711.08496).

Axes in names: N clips, C channels, T frames, H rows, W columns, D features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.options import at_least
from kinema.models.temporal.base import Temporal

SAMPLES = 3  # relations of each scale


@dataclass(eq=False)
class TRN(Temporal):
    """The answer is read off all frames in order: `features` numbers of each, `hidden` of what they tell together."""

    sized: ClassVar[tuple[str, ...]] = ("frames",)
    looks_back: ClassVar[bool] = True

    features: int = 256
    hidden: int = 512

    def __post_init__(self) -> None:
        at_least("trn", 1, features=self.features, hidden=self.hidden)

    def readout(self, channels: int, frames: int) -> nn.Module:
        return Relations(channels, frames, self.features, self.hidden, self.scales(frames))

    def scales(self, frames: int) -> Sequence[int]:
        """How many frames the relations are between."""
        return (frames,)


@dataclass(eq=False)
class MultiScaleTRN(TRN):
    """Relations between all frames, between one less, and so on down to pairs, are each read for themselves and add up.

    Of each scale the first few of its ordered choices of frames are read. The published code draws them anew for every
    batch, in training and in tests.
    """

    hidden: int = 256

    def scales(self, frames: int) -> Sequence[int]:
        return range(frames, 1, -1) if frames > 1 else (1,)


class Relations(nn.Module):
    """features_NCTHW -> features_ND: a layer over the frames of each relation, added up within a scale.

    The layers are sized by the number of frames, so the network takes clips of that length only.
    """

    def __init__(self, channels: int, frames: int, features: int, hidden: int, scales: Sequence[int]) -> None:
        super().__init__()
        self.frames, self.channels = frames, hidden * len(scales)
        self.embed = nn.Linear(channels, features)
        self.scales = nn.ModuleList(nn.Linear(scale * features, hidden) for scale in scales)
        self.chosen = [related(frames, scale) for scale in scales]

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if x_NCTHW.shape[2] != self.frames:
            name = "trn_multiscale" if len(self.scales) > 1 else "trn"
            raise ModelError(f"This {name} network takes {self.frames} frames here, not {x_NCTHW.shape[2]}: its "
                             "weights are sized by them. Create it with the frames of your clips.")
        told_NTD = self.embed(x_NCTHW.mean((3, 4)).transpose(1, 2)).relu()
        scales = []
        for layer, relations in zip(self.scales, self.chosen, strict=True):
            each = [layer(told_NTD[:, relation].flatten(1)).relu() for relation in relations]
            scales.append(torch.stack(each).sum(0))
        return torch.cat(scales, dim=1)


def related(frames: int, scale: int) -> list[list[int]]:
    """The choices of so many frames that are read, in order of time."""
    return [[*choice] for choice in islice(combinations(range(frames), scale), SAMPLES)]
