"""What tokens hold of something after each attention, when they are half themselves and half what they took.

One number a token (x_NL1) goes the way that the tokens go. Axes in names: N clips, M groups of tokens that see each
other, L tokens, F class tokens, T frames, S places.
"""

import torch
from torch import nn
from torch.nn import functional as F

from kinema.explain.attended import Attended, Call
from kinema.models.transformer.mvit_attention import PooledAttention, TokenPool
from kinema.models.transformer.spacetime import ByHeads, Joint, Over, by_frame, by_place
from kinema.models.transformer.swin_attention import WindowAttention
from kinema.models.transformer.tokens import Grid, as_map, as_tokens, parts
from kinema.models.transformer.uniformer_blocks import GlobalBlock, SplitBlock


def grid_of(one: Attended) -> Grid:
    """How the tokens of a step lie."""
    if isinstance(one.grid, Grid):
        return one.grid
    frames, rows, columns = one.grid or (one.tokens, 1, 1)
    return Grid(one.tokens - frames * rows * columns, frames, rows, columns)


def mixed(one: Attended, held_NL1: torch.Tensor) -> tuple[torch.Tensor, Grid]:
    """What the tokens hold after a step, and how they then lie."""
    grid = grid_of(one)
    if isinstance(one.who, PooledAttention):
        found_NL1, asking = pooled(one, one.who, held_NL1)
        return (fitted(held_NL1, grid, asking) + found_NL1) / 2, asking
    if isinstance(one.who, Over):
        class_NF1, patches_NL1 = parts(held_NL1, grid)
        return torch.cat([class_NF1, (patches_NL1 + over(one, 0, patches_NL1, grid)) / 2], dim=1), grid
    if isinstance(one.who, WindowAttention):
        found_NL1 = windowed(one, one.who, held_NL1, grid)
    elif isinstance(one.who, SplitBlock):  # the way around both attentions holds nothing of the first
        found_NL1 = apart(one.calls[1], (held_NL1 + over(one, 0, held_NL1, grid)) / 2, grid)
    elif isinstance(one.who, Joint | GlobalBlock):
        found_NL1 = one.calls[0].taken(held_NL1)
    elif isinstance(one.who, ByHeads):
        found_NL1 = (within(one, held_NL1, grid) + over(one, 1, held_NL1, grid)) / 2
    else:
        found_NL1 = within(one, held_NL1, grid)
    return (held_NL1 + found_NL1) / 2, grid


def within(one: Attended, held_NL1: torch.Tensor, grid: Grid) -> torch.Tensor:
    """What tokens take within each frame; each frame sees a clip's one class token, which takes their mean."""
    class_NF1, patches_NL1 = parts(held_NL1, grid)
    if not grid.classes:
        return apart(one.calls[0], held_NL1, grid)
    frames_ML1 = patches_NL1.reshape(-1, grid.places, 1)
    each_M11 = class_NF1.expand(-1, grid.frames, -1).reshape(-1, 1, 1)
    taken_ML1 = one.calls[0].taken(torch.cat([each_M11, frames_ML1], dim=1))
    class_NF1 = taken_ML1[:, 0].unflatten(0, (-1, grid.frames))
    class_NF1 = class_NF1.mean(1, keepdim=True) if grid.classes == 1 else class_NF1
    return torch.cat([class_NF1, taken_ML1[:, 1:].reshape(patches_NL1.shape)], dim=1)


def apart(call: Call, patches_NL1: torch.Tensor, grid: Grid) -> torch.Tensor:
    """What the patches of each frame take from one another."""
    return call.taken(patches_NL1.reshape(-1, grid.places, 1)).reshape(patches_NL1.shape)


def over(one: Attended, call: int, patches_NL1: torch.Tensor, grid: Grid) -> torch.Tensor:
    """What the patches of each place take over time."""
    return by_frame(one.calls[call].taken(by_place(patches_NL1, grid)), grid)


def windowed(one: Attended, who: WindowAttention, patches_NL1: torch.Tensor, grid: Grid) -> torch.Tensor:
    """What patches take within windows; what windows are padded with holds nothing."""
    held_NTHW1 = patches_NL1.unflatten(1, grid.sides)
    return who.each(held_NTHW1, lambda held_WL1, added: one.calls[0].taken(held_WL1)).flatten(1, 3)


def pooled(one: Attended, who: PooledAttention, held_NL1: torch.Tensor) -> tuple[torch.Tensor, Grid]:
    """What tokens take where fewer ask and are asked than there are, and how those that ask lie."""
    grid = grid_of(one)
    asked = strided(grid, who.key)
    return one.calls[0].taken(fitted(held_NL1, grid, asked)), strided(grid, who.query)


def strided(grid: Grid, pool: nn.Module) -> Grid:
    """How tokens lie after a pool."""
    steps = pool.conv.stride if isinstance(pool, TokenPool) else (1, 1, 1)
    frames, rows, columns = (-(-side // step) for side, step in zip(grid.sides, steps, strict=True))
    return grid._replace(frames=frames, rows=rows, columns=columns)


def fitted(held_NL1: torch.Tensor, grid: Grid, smaller: Grid) -> torch.Tensor:
    """What the tokens of a smaller grid hold: the mean of those that each stands for."""
    if grid == smaller:
        return held_NL1
    class_NF1, patches_NL1 = parts(held_NL1, grid)
    if grid.classes > 1:  # one of each frame
        class_NF1 = F.adaptive_avg_pool1d(class_NF1.transpose(1, 2), smaller.classes).transpose(1, 2)
    return torch.cat([class_NF1, as_tokens(F.adaptive_avg_pool3d(as_map(patches_NL1, grid), smaller.sides))], dim=1)


def of_clip(one: Attended, clip_N11: torch.Tensor, held_NL1: torch.Tensor) -> torch.Tensor:
    """What a clip's own token holds after it has taken from all others; at first it holds nothing."""
    taken_N11 = one.calls[0].taken(held_NL1)
    return (clip_N11 + taken_N11) / 2
