"""Attention with several heads (Vaswani et al., arXiv:1706.03762).

Axes in names: N clips (or frames of clips), L tokens, D width, A heads, E channels of a head.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.options import choose
from kinema.models.transformer.rotary import turn, turns
from kinema.models.transformer.tokens import Grid

BIASES = ("qkv", "qv", "none")


@dataclass(frozen=True)
class Heads:
    """What the attentions of a network have in common.

    `bias` says which of queries, keys and values have one; `eps` is added to the variance by the norm before; `rotary`
    turns queries and keys by their places; `classes`: are there class tokens among the tokens? `scale`, where
    it is not 0, is by what each channel of an attention's answer is multiplied at first, and `drop_path` the chance
    with which that answer is left out in training.
    """

    width: int
    count: int
    bias: str = "qkv"
    eps: float = 1e-6
    rotary: bool = False
    classes: bool = False
    scale: float = 0.0
    drop_path: float = 0.0

    def __post_init__(self) -> None:
        choose("bias", self.bias, BIASES)
        if self.width % self.count:
            raise ModelError(f"A width of {self.width} does not divide into {self.count} heads.")

    def norm(self) -> nn.LayerNorm:
        """The norm that stands before an attention."""
        return nn.LayerNorm(self.width, eps=self.eps)


def by_heads(x_NLD: torch.Tensor, parts: int, heads: int) -> list[torch.Tensor]:
    """So many parts of the channels, such as queries, keys and values, each by heads (N A L E).

    Where there are as many heads as tokens, OpenVINO 2026.4 takes one for the other, unless heads and tokens change
    places last thing before an attention and first thing after it. So parts are taken first, and then transposed.
    """
    return [part_NLAE.transpose(1, 2) for part_NLAE in x_NLD.unflatten(2, (parts, heads, -1)).unbind(2)]


class Attention(nn.Module):
    """Each token takes from all tokens x_NLD, of which the `grid` says where they are (x_NLD -> x_NLD)."""

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.heads, self.rotary = heads.count, heads.rotary
        self.qkv = nn.Linear(heads.width, 3 * heads.width, bias=heads.bias == "qkv")
        self.query_bias = nn.Parameter(torch.zeros(heads.width)) if heads.bias == "qv" else None
        self.value_bias = nn.Parameter(torch.zeros(heads.width)) if heads.bias == "qv" else None
        self.out = nn.Linear(heads.width, heads.width)

    def project(self, x_NLD: torch.Tensor) -> list[torch.Tensor]:
        """Queries, keys and values, each N A L E."""
        bias: torch.Tensor | None = self.qkv.bias
        if self.query_bias is not None and self.value_bias is not None:
            bias = torch.cat([self.query_bias, torch.zeros_like(self.query_bias), self.value_bias])
        return by_heads(F.linear(x_NLD, self.qkv.weight, bias), 3, self.heads)

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        return self.out(self.attend(self.project(x_NLD), grid).transpose(1, 2).flatten(2))

    def attend(self, qkv: list[torch.Tensor], grid: Grid) -> torch.Tensor:
        """What each token takes from the values of all (N A L E)."""
        query_NALE, key_NALE, value_NALE = qkv
        if self.rotary:
            angles = turns(grid, query_NALE.shape[-1], query_NALE)
            query_NALE, key_NALE = (turn(each_NALE.transpose(1, 2), *angles).transpose(1, 2)
                                    for each_NALE in (query_NALE, key_NALE))
        return F.scaled_dot_product_attention(query_NALE, key_NALE, value_NALE)


class CrossAttention(nn.Module):
    """Tokens q_NQD take from other tokens x_NLD; with `out`, what is taken is projected."""

    def __init__(self, width: int, heads: int, out: bool) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width) if out else nn.Identity()

    def forward(self, q_NQD: torch.Tensor, x_NLD: torch.Tensor) -> torch.Tensor:
        query_NAQE = self.query(q_NQD).unflatten(2, (self.heads, -1)).transpose(1, 2)
        key_NALE, value_NALE = by_heads(self.key_value(x_NLD), 2, self.heads)
        taken_NAQE = F.scaled_dot_product_attention(query_NAQE, key_NALE, value_NALE)
        return self.out(taken_NAQE.transpose(1, 2).flatten(2))
