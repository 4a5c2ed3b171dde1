"""How much each place of a clip counts.

Axes in names: N clips, T frames, H rows, W columns, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class Heat:
    """How much each place of each frame of clips counts (N T H W, as large as the clips, none below 0).

    `logits_NK` are the network's answers to the clips, `classes` those that are explained, and `layers` what was
    looked at.
    """

    heat_NTHW: torch.Tensor
    logits_NK: torch.Tensor
    classes: tuple[int, ...]
    layers: tuple[str, ...]


def spread(heat_NTHW: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """A small map laid smoothly over so many frames, rows and columns."""
    return F.interpolate(heat_NTHW[:, None], tuple(size), mode="trilinear")[:, 0]
