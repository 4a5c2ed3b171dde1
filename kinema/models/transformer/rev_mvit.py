"""The reversible multiscale vision transformer.

Axes in names: N clips, L tokens, C channels, T frames, H rows, W columns. A grid is (frames, rows, columns) of tokens.
"""

from dataclasses import replace

import torch
from torch import nn

from kinema.models.drop_path import drop_path
from kinema.models.plan import Plan
from kinema.models.transformer.mvit import KEY_STRIDE, PATCH, PATCH_STRIDE, Form, Positions, attention
from kinema.models.transformer.mvit_attention import NORM_EPS, Grid
from kinema.models.transformer.parts import draw, mlp, refuse_causal


class RevMViT(nn.Module):
    """A reversible multiscale vision transformer (Mangalam et al., arXiv:2302.04869).

    Tokens go through a stage as two streams: attention to one is added to the other, and what linear layers make of
    that to the first, so that what went in follows from what comes out. No use is made of this here to save memory.
    Where a stage begins, the streams' mean is pooled and widened; at the end they stand side by side.
    """

    def __init__(
        self, plan: Plan, width: int = 96, heads: int = 1, depth: int = 16, steps: tuple[int, ...] = (1, 3, 14),
        bias: bool = False,
    ) -> None:
        super().__init__()
        refuse_causal(plan, "A reversible MViT")
        form = Form(width, heads, depth, steps, positions="separable", token=False, bias=bias)
        grid: Grid = (-(-plan.frames // 2), -(-plan.height // 4), -(-plan.width // 4))
        self.patches = nn.Conv3d(plan.channels, width, PATCH, PATCH_STRIDE, (1, 3, 3))
        self.positions = Positions(form, grid)
        self.blocks = nn.ModuleList()
        self.steps = steps
        for block in range(depth):
            step = 2 if block in steps else 1
            heads *= step
            stage = sum(block >= start for start in steps)
            own = replace(form, drop_path=plan.drop_path_at(block, depth))
            self.blocks.append(Block(own, (width, width * step), heads, (step, max(KEY_STRIDE >> stage, 1)), grid))
            width, grid = width * step, (grid[0], grid[1] // step, grid[2] // step)
        self.channels = 2 * width
        self.norm = nn.LayerNorm(self.channels, NORM_EPS)
        self.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        map_NCTHW = self.patches(clip_NCTHW)
        frames, rows, columns = map_NCTHW.shape[2:]
        grid: Grid = (frames, rows, columns)
        one = other = self.positions(map_NCTHW.flatten(2).transpose(1, 2), grid)
        for number, block in enumerate(self.blocks):
            one, other, grid = block(one, other, grid, number in self.steps)
        return self.norm(torch.cat([one, other], dim=-1)).transpose(1, 2).unflatten(2, grid)


class Block(nn.Module):
    """Pooled attention and two linear layers, each on normalised tokens.

    Both streams and their grid, and whether a stage begins, give the streams after the block and their grid.
    """

    def __init__(
        self, form: Form, channels: tuple[int, int], heads: int, steps: tuple[int, int], grid: Grid
    ) -> None:
        super().__init__()
        inputs, outputs = channels
        self.norm1 = nn.LayerNorm(inputs, NORM_EPS)
        self.attention = attention(form, channels, heads, steps, grid)
        self.norm2 = nn.LayerNorm(outputs, NORM_EPS)
        self.mlp = mlp(outputs, 4 * outputs, outputs)
        self.widen = nn.Linear(inputs, outputs) if inputs != outputs else None
        self.drop_path = drop_path(form.drop_path)

    def forward(
        self, one: torch.Tensor, other: torch.Tensor, grid: Grid, begins: bool
    ) -> tuple[torch.Tensor, torch.Tensor, Grid]:
        if begins:
            one, grid = self.begin((one + other) / 2, grid)
            return one, one, grid
        one = one + self.drop_path(self.see(other, grid)[0])
        return one, other + self.drop_path(self.think(one)), grid

    def see(self, x_NLC: torch.Tensor, grid: Grid) -> tuple[torch.Tensor, Grid]:
        """What the tokens' attention makes of them, and its grid."""
        return self.attention(self.norm1(x_NLC), grid)

    def think(self, x_NLC: torch.Tensor) -> torch.Tensor:
        """What the linear layers make of each token."""
        return self.mlp(self.norm2(x_NLC))

    def begin(self, x_NLC: torch.Tensor, grid: Grid) -> tuple[torch.Tensor, Grid]:
        """A stage's first tokens, and their grid: the way around the attention is pooled as its queries are."""
        around = x_NLC if self.widen is None else self.widen(x_NLC)
        around_NhLC = around.unflatten(2, (self.attention.heads, -1)).transpose(1, 2)
        around_NhLC, smaller = self.attention.query(around_NhLC, grid)
        x_NLC = around_NhLC.transpose(1, 2).flatten(2) + self.drop_path(self.see(x_NLC, grid)[0])
        return x_NLC + self.drop_path(self.think(x_NLC)), smaller
