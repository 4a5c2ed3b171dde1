"""Non-local blocks: attention over all places and frames (Wang et al., arXiv:1711.07971)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Past, Pool
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.pattern import check_patterns, picks

ATTENTIONS = ("softmax", "gaussian", "dot_product", "concatenation")
REMEMBERED = 256  # frames that a stream looks for things in
SHARES = ("softmax", "gaussian")  # those whose weights add up to one


@dataclass(eq=False)
class NonLocal(Temporal):
    """After some blocks, each place adds what it finds at all places of all frames.

    `places` picks the blocks, by one pattern a stage ("01": every second one, from the second). What is found is
    weighed by a "softmax" of how well it matches (with `scale` over the root of the match's channels), the same without
    layers to match by ("gaussian"), the match itself ("dot_product"), or a weight read off both places
    ("concatenation"). `subsample` looks at a quarter of the places, the greatest of each four of the input
    (`pool_first`) or of what is read off it. Frames are parted into `groups` that look at their own frames only.
    Without `out_bias` the last convolution has no bias; the norm after it has no need of one.
    Causal: at this and earlier frames.
    """

    attention: str = "softmax"
    subsample: bool = True
    places: tuple[str, ...] = ("0", "10", "10", "0")
    scale: bool = False
    pool_first: bool = False
    groups: int = 1
    out_bias: bool = True

    order_aware: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_patterns("places", self.places)
        if self.attention not in ATTENTIONS:
            raise ModelError(f"nonlocal's attention is {self.attention!r}; it must be one of {', '.join(ATTENTIONS)}."
                             f"{nearest(self.attention, ATTENTIONS)}")
        if self.groups < 1:
            raise ModelError(f"nonlocal's groups are {self.groups}; they must be 1 or more.")
        if self.groups > 1 and self.causal:
            raise ModelError(f"nonlocal of {self.groups} groups cannot be causal: which frames are in one depends on "
                             "the length of the whole clip. Nearest: groups=1.")

    def after(self, channels: int, place: Place) -> nn.Module:
        return Attention(channels, self) if picks(self.places, place) else nn.Identity()


class Attention(nn.Module):
    """x + what each place of each frame finds at the places of all frames; before any training, x alone."""

    def __init__(self, channels: int, how: NonLocal) -> None:
        super().__init__()
        narrow = channels // 2
        self.attention, self.causal, self.groups = how.attention, how.causal, how.groups
        self.scale = narrow**-0.5 if how.scale and how.attention == "softmax" else 1.0
        embedded = how.attention != "gaussian"
        self.query: nn.Module = nn.Conv3d(channels, narrow, 1) if embedded else nn.Identity()
        self.key: nn.Module = nn.Conv3d(channels, narrow, 1) if embedded else nn.Identity()
        self.value = nn.Conv3d(channels, narrow, 1)
        fewer: nn.Module = Pool("max", (1, 2), (1, 2), padded=False) if how.subsample else nn.Identity()
        self.first: nn.Module = fewer if how.pool_first else nn.Identity()
        self.fewer: nn.Module = nn.Identity() if how.pool_first else fewer
        self.mix = nn.Conv3d(2 * narrow, 1, 1, bias=False) if how.attention == "concatenation" else None
        self.out = nn.Conv3d(narrow, channels, 1, bias=how.out_bias)
        self.norm = nn.BatchNorm3d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        seen = self.parted(x_NCTHW)
        fewer = self.first(seen)
        key_NCK, value_NCK = (self.fewer(layer(fewer)).flatten(2) for layer in (self.key, self.value))
        query_NCQ = self.query(seen).flatten(2)
        share_NQK = self.share(self.match(query_NCQ, key_NCK), seen.shape[2])
        found_NCTHW = (value_NCK @ share_NQK.transpose(1, 2)).unflatten(2, seen.shape[2:])
        if self.groups > 1:
            found_NCTHW = found_NCTHW.unflatten(0, (len(x_NCTHW), -1)).transpose(1, 2).flatten(2, 3)
        return x_NCTHW + self.norm(self.out(found_NCTHW))

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """One frame finds what it looks for in those remembered: in the last `REMEMBERED` of them."""
        fewer = self.first(x_NC1HW)
        here = [self.fewer(layer(fewer)).flatten(2) for layer in (self.key, self.value)]
        places = here[0].shape[2]
        key_NCK, value_NCK = (torch.cat([*past[number : number + 1], new], dim=2)[:, :, -REMEMBERED * places :]
                              for number, new in enumerate(here))
        match_NQK = self.match(self.query(x_NC1HW).flatten(2), key_NCK)
        share_NQK = match_NQK.softmax(2) if self.attention in SHARES else match_NQK / match_NQK.shape[2]
        found_NC1HW = (value_NCK @ share_NQK.transpose(1, 2)).unflatten(2, x_NC1HW.shape[2:])
        return x_NC1HW + self.norm(self.out(found_NC1HW)), (key_NCK, value_NCK)

    def parted(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        """The frames of each group as a clip of their own."""
        if self.groups == 1:
            return x_NCTHW
        if x_NCTHW.shape[2] % self.groups:
            raise ModelError(f"nonlocal's groups are {self.groups}; they do not divide the {x_NCTHW.shape[2]} frames "
                             "that are left here.")
        return x_NCTHW.unflatten(2, (self.groups, -1)).transpose(1, 2).flatten(0, 1)

    def match(self, query_NCQ: torch.Tensor, key_NCK: torch.Tensor) -> torch.Tensor:
        """How well each place Q and each place K match."""
        if self.mix is None:
            return self.scale * (query_NCQ.transpose(1, 2) @ key_NCK)
        of_query, of_key = self.mix.weight.flatten(1).chunk(2, dim=1)
        return ((of_query @ query_NCQ).transpose(1, 2) + of_key @ key_NCK).relu()

    def share(self, match_NQK: torch.Tensor, frames: int) -> torch.Tensor:
        """How much each place Q takes from each place K, both in the order of `frames`."""
        if not self.causal:
            return match_NQK.softmax(2) if self.attention in SHARES else match_NQK / match_NQK.shape[2]
        query_Q, key_K = (torch.arange(n, device=match_NQK.device) * frames // n for n in match_NQK.shape[1:])
        later_QK = key_K > query_Q[:, None]
        if self.attention in SHARES:
            return match_NQK.masked_fill(later_QK, float("-inf")).softmax(2)
        return match_NQK.masked_fill(later_QK, 0) / (~later_QK).sum(1, keepdim=True)
