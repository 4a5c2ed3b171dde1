"""An attentive probe: a query that learns what to take from the patches (V-JEPA 2; Assran et al., arXiv:2506.09985).

Axes in names: N clips, L tokens, D width.
"""

import torch
from torch import nn

from kinema.models.transformer.attention import CrossAttention, Heads
from kinema.models.transformer.block import Block, Perceptron
from kinema.models.transformer.parts import table
from kinema.models.transformer.readout import as_frames
from kinema.models.transformer.spacetime import Joint
from kinema.models.transformer.tokens import Grid

WIDER = 4  # how many times as wide the hidden layer of a probe is


class Probe(nn.Module):
    """`depth` blocks over all patches, then a query that attends to them (x_NLD -> features_ND111)."""

    def __init__(self, width: int, eps: float, heads: Heads, depth: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=eps)
        self.blocks = nn.ModuleList(
            Block(Joint(heads), Perceptron(width, WIDER * width, heads.eps)) for _ in range(depth))
        self.query = table(1, 1, width)
        self.attend_norm = heads.norm()
        self.attend = CrossAttention(width, heads.count, out=False)
        self.mlp = Perceptron(width, WIDER * width, heads.eps)

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        x_NLD = self.norm(x_NLD)
        for block in self.blocks:
            x_NLD = block(x_NLD, grid)
        query_N1D = self.query.expand(len(x_NLD), -1, -1)
        return as_frames(self.mlp(query_N1D + self.attend(query_N1D, self.attend_norm(x_NLD))))
