"""Non-local blocks: attention over all places and frames (Wang et al., arXiv:1711.07971)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Pool
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

ATTENTIONS = ("softmax", "dot_product")
STAGES = (2, 3)


@dataclass(eq=False)
class NonLocal(Temporal):
    """After every second block of the two middle stages, each place adds what it finds at all places of all frames.

    What is found is weighed by a "softmax" of how well it matches, or by the "dot_product" itself. `subsample` looks at
    a quarter of the places. Causal: at this and earlier frames.
    """

    attention: str = "softmax"
    subsample: bool = True

    order_aware: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.attention not in ATTENTIONS:
            raise ModelError(f"nonlocal's attention is {self.attention!r}; it must be one of {', '.join(ATTENTIONS)}. "
                             f"{nearest(self.attention, ATTENTIONS)}")

    def after(self, channels: int, place: Place) -> nn.Module:
        chosen = place.stage in STAGES and place.index % 2 == 0
        return Attention(channels, self.attention, self.subsample, self.causal) if chosen else nn.Identity()


class Attention(nn.Module):
    """x + what each place of each frame finds at the places of all frames; before any training, x alone."""

    def __init__(self, channels: int, attention: str, subsample: bool, causal: bool) -> None:
        super().__init__()
        narrow = channels // 2
        self.attention, self.causal = attention, causal
        self.query = nn.Conv3d(channels, narrow, 1)
        self.key = nn.Conv3d(channels, narrow, 1)
        self.value = nn.Conv3d(channels, narrow, 1)
        self.fewer = Pool("max", (1, 2), (1, 2), padded=False) if subsample else nn.Identity()
        self.out = nn.Conv3d(narrow, channels, 1)
        self.norm = nn.BatchNorm3d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        key_NCK, value_NCK = (self.fewer(layer(x_NCTHW)).flatten(2) for layer in (self.key, self.value))
        match_NQK = self.query(x_NCTHW).flatten(2).transpose(1, 2) @ key_NCK
        found_NCQ = value_NCK @ self.share(match_NQK, x_NCTHW.shape[2]).transpose(1, 2)
        return x_NCTHW + self.norm(self.out(found_NCQ.unflatten(2, x_NCTHW.shape[2:])))

    def share(self, match_NQK: torch.Tensor, frames: int) -> torch.Tensor:
        """How much each place Q takes from each place K, both in the order of `frames`."""
        if not self.causal:
            return match_NQK.softmax(2) if self.attention == "softmax" else match_NQK / match_NQK.shape[2]
        query_Q, key_K = (torch.arange(n, device=match_NQK.device) * frames // n for n in match_NQK.shape[1:])
        later_QK = key_K > query_Q[:, None]
        if self.attention == "softmax":
            return match_NQK.masked_fill(later_QK, float("-inf")).softmax(2)
        return match_NQK.masked_fill(later_QK, 0) / (~later_QK).sum(1, keepdim=True)
