"""Attention between tokens that are pooled first, and what is added to it for how far apart two tokens are.

Axes in names: N clips, h heads, L tokens (of the queries; S of the keys), C channels. A grid is (frames, rows,
columns). A class token, where there is one, stands before the tokens of the grid and has no place in it.
"""

from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.transformer.attention import by_heads
from kinema.models.transformer.parts import table

Grid = tuple[int, int, int]
NORM_EPS = 1e-6


def pooled(x_NhLC: torch.Tensor, grid: Grid, pool: nn.Module) -> tuple[torch.Tensor, Grid]:
    """The tokens of a grid after a pool over it, and the grid that remains; a class token passes by."""
    clips, heads, tokens, channels = x_NhLC.shape
    alone = tokens - prod(grid)
    map_NCTHW = pool(x_NhLC[:, :, alone:].reshape(clips * heads, *grid, channels).permute(0, 4, 1, 2, 3))
    frames, rows, columns = map_NCTHW.shape[2:]
    rest = map_NCTHW.flatten(2).transpose(1, 2).reshape(clips, heads, -1, channels)
    return torch.cat([x_NhLC[:, :, :alone], rest], dim=2), (frames, rows, columns)


class TokenPool(nn.Module):
    """Pool the tokens of each head by one depthwise convolution, then normalise them, the class token too."""

    def __init__(self, channels: int, kernel: Grid, stride: Grid) -> None:
        super().__init__()
        frames, rows, columns = kernel
        self.conv = nn.Conv3d(channels, channels, kernel, stride, (frames // 2, rows // 2, columns // 2),
                              groups=channels, bias=False)
        self.norm = nn.LayerNorm(channels, NORM_EPS)

    def forward(self, x_NhLC: torch.Tensor, grid: Grid) -> tuple[torch.Tensor, Grid]:
        x_NhLC, grid = pooled(x_NhLC, grid, self.conv)
        return self.norm(x_NhLC), grid


class Unpooled(nn.Module):
    """Leave the tokens as they are."""

    def forward(self, x_NhLC: torch.Tensor, grid: Grid) -> tuple[torch.Tensor, Grid]:
        return x_NhLC, grid


class RelativePositions(nn.Module):
    """What a query adds to its attention to a key for how far apart they are: in frames, in rows and in columns.

    Each distance has a row of a table, which is multiplied with the query (Li et al., arXiv:2112.01526, section 4.1).
    Where the queries' grid is finer than the keys', distances are counted in its steps. For a clip of another length or
    size than the tables are for (`grid`, the finer of both) they are interpolated.
    """

    def __init__(self, channels: int, grid: Grid) -> None:
        super().__init__()
        self.frames, self.rows, self.columns = (table(2 * length - 1, channels) for length in grid)

    def forward(self, q_NhLC: torch.Tensor, q_grid: Grid, k_grid: Grid) -> torch.Tensor:
        """What is added to the attention (N h L S), the class token's rows and columns being 0."""
        clips, heads, tokens, channels = q_NhLC.shape
        alone = tokens - prod(q_grid)
        q_NhTHWC = q_NhLC[:, :, alone:].reshape(clips, heads, *q_grid, channels)
        tables = (self.frames, self.rows, self.columns)
        frames, rows, columns = (
            between(learned, q_side, k_side) for learned, q_side, k_side in zip(tables, q_grid, k_grid, strict=True))
        added = torch.einsum("nhtyxc,tkc->nhtyxk", q_NhTHWC, frames)[..., :, None, None] \
            + torch.einsum("nhtyxc,ykc->nhtyxk", q_NhTHWC, rows)[..., None, :, None] \
            + torch.einsum("nhtyxc,xkc->nhtyxk", q_NhTHWC, columns)[..., None, None, :]
        return F.pad(added.reshape(clips, heads, prod(q_grid), prod(k_grid)), (alone, 0, alone, 0))


def between(table_LC: torch.Tensor, queries: int, keys: int) -> torch.Tensor:
    """The table's rows for each of so many queries along an axis, and each of so many keys (queries keys C)."""
    longest = 2 * max(queries, keys) - 1
    if len(table_LC) != longest:
        table_LC = F.interpolate(table_LC.T[None], size=longest, mode="linear")[0].T
    q_step, k_step = max(keys / queries, 1.0), max(queries / keys, 1.0)
    places = torch.arange(queries, device=table_LC.device)[:, None] * q_step
    apart = places - torch.arange(keys, device=table_LC.device) * k_step + (keys - 1) * k_step
    return table_LC[apart.long()]


class PooledAttention(nn.Module):
    """Attention in heads whose queries, keys and values are pooled over the grid first.

    `pools` are those of the queries, and of the keys and of the values. With `residual` the pooled queries, but for the
    class token's, are added to the result.
    """

    def __init__(
        self, inputs: int, outputs: int, heads: int, pools: tuple[nn.Module, ...],
        positions: nn.Module | None, residual: bool, bias: bool,
    ) -> None:
        super().__init__()
        self.heads, self.residual = heads, residual
        self.qkv = nn.Linear(inputs, 3 * outputs, bias=bias)
        self.query, self.key, self.value = pools
        self.positions = positions
        self.out = nn.Linear(outputs, outputs)

    def forward(self, x_NLC: torch.Tensor, grid: Grid) -> tuple[torch.Tensor, Grid]:
        alone = x_NLC.shape[1] - prod(grid)
        q, k, v = by_heads(self.qkv(x_NLC), 3, self.heads)
        (q, q_grid), (k, k_grid), (v, _) = self.query(q, grid), self.key(k, grid), self.value(v, grid)
        added = None if self.positions is None else self.positions(q, q_grid, k_grid)
        seen_NhLC = F.scaled_dot_product_attention(q, k, v, added)
        if self.residual:
            seen_NhLC = torch.cat([seen_NhLC[:, :, :alone], seen_NhLC[:, :, alone:] + q[:, :, alone:]], dim=2)
        return self.out(seen_NhLC.transpose(1, 2).flatten(2)), q_grid
