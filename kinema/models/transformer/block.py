"""A block of a transformer: attention, which a temporal module may extend over time, and a perceptron for each token.

Axes in names: N clips, L tokens, D width.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from kinema.models.drop_path import drop_path
from kinema.models.options import choose
from kinema.models.transformer.scale import scaled
from kinema.models.transformer.tokens import Grid, as_map, as_tokens, parts

SLOPE = 1.702


class QuickGELU(nn.Module):
    """The sigmoid form of GELU that CLIP was trained with (Radford et al., arXiv:2103.00020)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (SLOPE * x).sigmoid()


GELUS: dict[str, Callable[[], nn.Module]] = {"exact": nn.GELU, "tanh": partial(nn.GELU, "tanh"), "quick": QuickGELU}


class Perceptron(nn.Module):
    """x plus what two layers make of each normalised token, by a `scale` where that is not 0.

    `rate` is the chance with which what they make is left out in training.
    """

    def __init__(
        self, width: int, hidden: int, eps: float, gelu: str = "exact", scale: float = 0.0, rate: float = 0.0,
    ) -> None:
        super().__init__()
        choose("gelu", gelu, GELUS)
        self.norm = nn.LayerNorm(width, eps=eps)
        self.up = nn.Linear(width, hidden)
        self.gelu = GELUS[gelu]()
        self.down = nn.Linear(hidden, width)
        self.scale, self.drop_path = scaled(width, scale), drop_path(rate)

    def forward(self, x_NLD: torch.Tensor) -> torch.Tensor:
        return x_NLD + self.drop_path(self.scale(self.down(self.gelu(self.up(self.norm(x_NLD))))))


class Block(nn.Module):
    """Attention, then a perceptron (x_NLD -> x_NLD).

    What stands `before` moves the patches that the attention sees; class tokens stay where they are.
    """

    def __init__(self, attention: nn.Module, mlp: Perceptron, before: nn.Module | None = None) -> None:
        super().__init__()
        self.before = nn.Identity() if before is None else before
        self.attention, self.mlp = attention, mlp

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        seen_NLD = x_NLD
        if not isinstance(self.before, nn.Identity):
            class_NFD, patches_NLD = parts(x_NLD, grid)
            seen_NLD = torch.cat([class_NFD, as_tokens(self.before(as_map(patches_NLD, grid)))], dim=1)
        return self.mlp(self.attention(x_NLD, seen_NLD, grid))
