"""Non-local blocks: attention over all places and frames (Wang et al., arXiv:1711.07971)."""

from dataclasses import dataclass

import torch
from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Conv, Pool
from kinema.models.temporal.base import Place, Temporal

ATTENTIONS = ("softmax", "dot_product")
STAGES = (2, 3)  # every second block of the two middle stages, as published


@dataclass(eq=False)
class NonLocal(Temporal):
    """After every second block of the two middle stages, each place adds what it finds at all places of all frames.

    `attention` weighs what is found by a "softmax" or by the mere "dot_product"; `subsample` looks at a quarter of the
    places. Causal: at this and earlier frames.
    """

    attention: str = "softmax"
    subsample: bool = True

    def __post_init__(self) -> None:
        if self.attention not in ATTENTIONS:
            hint = nearest(self.attention, ATTENTIONS)
            raise ModelError(f"nonlocal's attention is {self.attention!r}; it must be softmax or dot_product. {hint}")

    def after(self, channels: int, place: Place) -> nn.Module:
        if place.stage not in STAGES or place.index % 2:
            return nn.Identity()
        return Attention(channels, self.attention, self.subsample, self.causal)


class Attention(nn.Module):
    """x + what each place of each frame finds at the places of all frames; at the start of training, x alone."""

    def __init__(self, channels: int, attention: str, subsample: bool, causal: bool) -> None:
        super().__init__()
        narrow = channels // 2
        self.attention, self.causal = attention, causal
        self.query = Conv(channels, narrow, 1, bias=True)
        self.key = Conv(channels, narrow, 1, bias=True)
        self.value = Conv(channels, narrow, 1, bias=True)
        self.fewer = Pool("max", 2, (1, 2), padded=False) if subsample else nn.Identity()
        self.out = Conv(narrow, channels, 1, bias=True)
        self.norm = nn.BatchNorm3d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        key, value = self.fewer(self.key(x_NCTHW)), self.fewer(self.value(x_NCTHW))
        score_NQK = self.query(x_NCTHW).flatten(2).transpose(1, 2) @ key.flatten(2)
        found_NCQ = value.flatten(2) @ self.share_NQK(score_NQK, x_NCTHW.shape[2]).transpose(1, 2)
        return x_NCTHW + self.norm(self.out(found_NCQ.unflatten(2, x_NCTHW.shape[2:])))

    def share_NQK(self, score_NQK: torch.Tensor, frames: int) -> torch.Tensor:
        """How much of each place is taken, from how well it matches."""
        places = torch.full(score_NQK.shape[1:], True, device=score_NQK.device)
        if self.causal:
            query, key = (torch.arange(n, device=places.device) * frames // n for n in places.shape)
            places = key <= query[:, None]
        if self.attention == "softmax":
            return score_NQK.masked_fill(~places, float("-inf")).softmax(2)
        return score_NQK * places / places.sum(1, keepdim=True)
