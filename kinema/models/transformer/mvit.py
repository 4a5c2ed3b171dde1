"""Multiscale vision transformers: the further on, the fewer tokens and the more channels each has.

Axes in names: N clips, L tokens, C channels, T frames, H rows, W columns. A grid is (frames, rows, columns) of tokens.
"""

from dataclasses import dataclass, replace
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError, nearest
from kinema.models.drop_path import drop_path
from kinema.models.plan import Plan
from kinema.models.transformer.mvit_attention import (
    NORM_EPS,
    Grid,
    PooledAttention,
    RelativePositions,
    TokenPool,
    Unpooled,
    pooled,
)
from kinema.models.transformer.parts import draw, mlp, refuse_causal, table

PATCH, PATCH_STRIDE = (3, 7, 7), (2, 4, 4)
KEY_STRIDE = 8  # of the keys' and values' pools in the first stage; it is halved with each stage
POSITIONS, WIDEN = ("separable", "joint", "none"), ("attention", "mlp")


@dataclass(frozen=True)
class Form:
    """What an MViT is made of, and what its versions do differently.

    Stages begin at the blocks `steps`, with twice the channels and heads; `kernel` is that of the pools (empty: one
    more than the stride). Keys and values are `key_stride` apart in the first stage, half as far in each that follows,
    and pooled where the stride is 1 too, but without `pool_all`. `positions` are tables added to the patches. In the
    second version distances count in the attention (`relative`), the pooled queries are added to its result and all
    blocks pool them (`residual`). Channels are widened by the "attention" of a stage's first block or, in the first
    version, by the "mlp" of the block before it (`widen`). The features are the class `token`'s or, without one, the
    mean of all; with `average` they are the mean of all others, normalised after it. `drop_path` is the chance
    with which a block's branches are left out in training.
    """

    width: int
    heads: int
    depth: int
    steps: tuple[int, ...]
    kernel: tuple[int, ...] = (3, 3, 3)
    positions: str = "none"
    relative: bool = False
    residual: bool = False
    widen: str = "attention"
    token: bool = True
    average: bool = False
    bias: bool = True
    key_stride: int = KEY_STRIDE
    pool_all: bool = True
    drop_path: float = 0.0

    def __post_init__(self) -> None:
        for name, value, known in (("positions", self.positions, POSITIONS), ("widen", self.widen, WIDEN)):
            if value not in known:
                raise ModelError(f"{name}={value!r} is unknown; it is one of {', '.join(known)}."
                                 f"{nearest(value, known)}")
        if len(self.kernel) not in (0, 3):
            raise ModelError(f"kernel={self.kernel!r}: expected (frames, rows, columns), or () for strides plus one.")

    def pool(self, channels: int, stride: Grid, always: bool) -> nn.Module:
        """The pool of a block's queries, keys or values."""
        if not (always or prod(stride) > 1):
            return Unpooled()
        frames, rows, columns = self.kernel or tuple(step + 1 if step > 1 else 1 for step in stride)
        return TokenPool(channels, (frames, rows, columns), stride)


class MViT(nn.Module):
    """A multiscale vision transformer (Fan et al., arXiv:2104.11227; second version Li et al., arXiv:2112.01526).

    The clip is cut into overlapping patches of 3 frames and 7x7 pixels, 2 frames and 4 pixels apart. With each stage
    tokens halve along rows and columns, pooled by the queries, and have twice the channels. Clips of another length or
    size than the `plan`'s pass too: tables of positions are then interpolated.
    """

    def __init__(self, plan: Plan, form: Form) -> None:
        super().__init__()
        refuse_causal(plan, "An MViT")
        grid: Grid = (-(-plan.frames // 2), -(-plan.height // 4), -(-plan.width // 4))
        self.average = form.average
        self.patches = nn.Conv3d(plan.channels, form.width, PATCH, PATCH_STRIDE, (1, 3, 3))
        self.token = table(1, 1, form.width) if form.token else None
        self.positions = Positions(form, grid)
        self.blocks = nn.ModuleList()
        inputs, heads = form.width, form.heads
        for block in range(form.depth):
            step = 2 if block in form.steps else 1
            widens = (block if form.widen == "attention" else block + 1) in form.steps
            heads *= step
            outputs = inputs * 2 if widens else inputs
            stage = sum(block >= start for start in form.steps)
            own = replace(form, drop_path=plan.drop_path_at(block, form.depth))
            self.blocks.append(Block(own, (inputs, outputs), heads, step, max(form.key_stride >> stage, 1), grid))
            inputs, grid = outputs, (grid[0], grid[1] // step, grid[2] // step)
        self.norm = nn.LayerNorm(inputs, NORM_EPS)
        self.channels = inputs
        self.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        map_NCTHW = self.patches(clip_NCTHW)
        frames, rows, columns = map_NCTHW.shape[2:]
        grid: Grid = (frames, rows, columns)
        x_NLC = map_NCTHW.flatten(2).transpose(1, 2)
        if self.token is not None:
            x_NLC = torch.cat([self.token.expand(len(x_NLC), -1, -1), x_NLC], dim=1)
        x_NLC = self.positions(x_NLC, grid)
        for block in self.blocks:
            x_NLC, grid = block(x_NLC, grid)
        if self.average:
            return self.norm(x_NLC[:, -prod(grid) :].mean(1))[:, :, None, None, None]
        if self.token is None:
            return self.norm(x_NLC).transpose(1, 2).unflatten(2, grid)
        return self.norm(x_NLC)[:, 0, :, None, None, None]


class Positions(nn.Module):
    """Add a table of positions to the tokens of a grid: one for all places, or one for places and one for frames."""

    def __init__(self, form: Form, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        frames, places = grid[0], grid[1] * grid[2]
        if form.positions == "separable":
            self.space, self.time = table(1, places, form.width), table(1, frames, form.width)
        elif form.positions == "joint":
            self.joint = table(1, frames * places, form.width)
        self.token = table(1, 1, form.width) if form.token and form.positions != "none" else None
        self.kind = form.positions

    def forward(self, x_NLC: torch.Tensor, grid: Grid) -> torch.Tensor:
        if self.kind == "none":
            return x_NLC
        x_1THWC = (self.joint if self.kind == "joint" else self.space[:, None] + self.time[:, :, None]).reshape(
            1, *self.grid, -1)
        if grid != self.grid:
            x_1THWC = F.interpolate(x_1THWC.permute(0, 4, 1, 2, 3), grid, mode="trilinear").permute(0, 2, 3, 4, 1)
        added = x_1THWC.flatten(1, 3)
        return x_NLC + (added if self.token is None else torch.cat([self.token, added], dim=1))


class Block(nn.Module):
    """Pooled attention, then two linear layers, each on normalised tokens and beside a way around it."""

    def __init__(
        self, form: Form, channels: tuple[int, int], heads: int, step: int, key_step: int, grid: Grid
    ) -> None:
        super().__init__()
        inputs, outputs = channels
        inner = outputs if form.widen == "attention" else inputs
        self.widen_first = form.widen == "attention"
        self.norm1 = nn.LayerNorm(inputs, NORM_EPS)
        self.attention = attention(form, (inputs, inner), heads, (step, key_step), grid)
        self.norm2 = nn.LayerNorm(inner, NORM_EPS)
        self.mlp = mlp(inner, 4 * inner, outputs)
        self.drop_path = drop_path(form.drop_path)
        self.widen = nn.Linear(inputs, outputs) if inputs != outputs else None
        self.shrink = nn.MaxPool3d((1, step + 1, step + 1), (1, step, step), (0, step // 2, step // 2)) \
            if step > 1 else None

    def forward(self, x_NLC: torch.Tensor, grid: Grid) -> tuple[torch.Tensor, Grid]:
        normed = self.norm1(x_NLC)
        seen_NLC, smaller = self.attention(normed, grid)
        around = self.widen(normed) if self.widen is not None and self.widen_first else x_NLC
        if self.shrink is not None:
            around = pooled(around[:, None], grid, self.shrink)[0][:, 0]
        x_NLC = around + self.drop_path(seen_NLC)
        normed = self.norm2(x_NLC)
        around = self.widen(normed) if self.widen is not None and not self.widen_first else x_NLC
        return around + self.drop_path(self.mlp(normed)), smaller


def attention(
    form: Form, channels: tuple[int, int], heads: int, steps: tuple[int, int], grid: Grid
) -> PooledAttention:
    """The attention of a block on a grid, whose queries, and keys, are so many `steps` apart along rows and columns."""
    (inputs, outputs), (step, key_step) = channels, steps
    head, key_stride = outputs // heads, (1, key_step, key_step)
    always = form.pool_all and bool(form.kernel)
    pools = (form.pool(head, (1, step, step), form.residual), form.pool(head, key_stride, always),
             form.pool(head, key_stride, always))
    rows, columns = (max(side // step, side // key_step, 1) for side in grid[1:])
    relative = RelativePositions(head, (grid[0], rows, columns)) if form.relative else None
    return PooledAttention(inputs, outputs, heads, pools, relative, form.residual, form.bias)


def mvit(
    plan: Plan, width: int = 96, heads: int = 1, depth: int = 16, steps: tuple[int, ...] = (1, 3, 14),
    kernel: tuple[int, ...] = (3, 3, 3), positions: str = "separable", token: bool = True, bias: bool = True,
    pool_all: bool = True,
) -> MViT:
    """The first version."""
    return MViT(plan, Form(width, heads, depth, steps, kernel, positions, widen="mlp", token=token, bias=bias,
                           pool_all=pool_all))


def mvitv2(
    plan: Plan, width: int = 96, heads: int = 1, depth: int = 16, steps: tuple[int, ...] = (1, 3, 14),
    positions: str = "none", widen: str = "attention", token: bool = True, average: bool = False,
    key_stride: int = KEY_STRIDE,
) -> MViT:
    """The second version. The image networks of this form have a `key_stride` of 4."""
    return MViT(plan, Form(width, heads, depth, steps, positions=positions, relative=True, residual=True, widen=widen,
                           token=token, average=average, key_stride=key_stride))
