"""UniFormerV2: an image transformer armed with local and global attention over a clip (Li et al., arXiv:2211.09552).

Axes in names: N clips, C channels, L tokens, D width, T frames, H rows, W columns.
"""

from collections import OrderedDict
from dataclasses import replace

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.plan import Plan
from kinema.models.transformer.attention import CrossAttention, Heads
from kinema.models.transformer.block import Perceptron
from kinema.models.transformer.parts import draw, refuse_causal, table
from kinema.models.transformer.positions import Separable
from kinema.models.transformer.readout import as_frames
from kinema.models.transformer.spacetime import Within
from kinema.models.transformer.tokens import Grid, as_map, as_tokens, parts

EPS = 1e-5
WIDER = 4  # how many times as wide the hidden layers are
GELU = "quick"  # as the image transformer, CLIP's, was trained
TAPS = 3  # frames that local attention covers


class Local(nn.Sequential):
    """Attention over neighbouring frames with fixed weights: a narrow depthwise convolution over `TAPS` frames."""

    def __init__(self, width: int, narrow: int) -> None:
        super().__init__(OrderedDict(
            norm=nn.BatchNorm3d(width), enter=nn.Conv3d(width, narrow, 1),
            time=nn.Conv3d(narrow, narrow, (TAPS, 1, 1), padding=(TAPS // 2, 0, 0), groups=narrow),
            leave=nn.Conv3d(narrow, width, 1),
        ))


class LocalBlock(nn.Module):
    """Attention within each frame and a perceptron; before each of them, as told, local attention over frames."""

    def __init__(self, heads: Heads, local: int, narrow: int) -> None:
        super().__init__()
        self.local = nn.ModuleList(Local(heads.width, narrow) for _ in range(local))
        self.attention = Within(heads)
        self.mlp = Perceptron(heads.width, WIDER * heads.width, heads.eps, GELU, rate=heads.drop_path)

    def forward(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        x_NLD = self.neighbours(x_NLD, grid, 0)
        x_NLD = self.attention(x_NLD, x_NLD, grid)
        return self.mlp(self.neighbours(x_NLD, grid, 1))

    def neighbours(self, x_NLD: torch.Tensor, grid: Grid, index: int) -> torch.Tensor:
        """Add what local attention finds; class tokens take no part."""
        return added(x_NLD, grid, self.local[index]) if index < len(self.local) else x_NLD


class GlobalBlock(nn.Module):
    """The clip's token takes from all tokens of all frames, which are told their places first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.positions = nn.Conv3d(width, width, 3, padding=1, groups=width)
        self.query_norm = nn.LayerNorm(width, eps=EPS)
        self.norm = nn.LayerNorm(width, eps=EPS)
        self.attend = CrossAttention(width, heads, out=True)
        self.mlp = Perceptron(width, WIDER * width, EPS, GELU)

    def forward(self, clip_N1D: torch.Tensor, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        x_NLD = added(x_NLD, grid, self.positions)
        return self.mlp(clip_N1D + self.attend(self.query_norm(clip_N1D), self.norm(x_NLD)))


def added(x_NLD: torch.Tensor, grid: Grid, layer: nn.Module) -> torch.Tensor:
    """Tokens, with what a layer makes of the map of patches added to them."""
    class_NFD, patches_NLD = parts(x_NLD, grid)
    return torch.cat([class_NFD, patches_NLD + as_tokens(layer(as_map(patches_NLD, grid)))], dim=1)


class UniFormerV2(nn.Module):
    """clip_NCTHW -> features_ND111 (Li et al., arXiv:2211.09552).

    `local` is how many local attentions a block has (0, 1 or 2), `narrow` how wide they are; with `halve` the stem
    covers three frames and takes every second. After each of the last `globals` blocks (or after those numbered in
    `after`) the clip's token takes from all tokens. With `balance` the frames' class tokens have a share in the answer;
    a `balance`d network was trained as a whole, another on top of a frozen CLIP.
    """

    def __init__(
        self, plan: Plan, width: int = 768, depth: int = 12, heads: int = 12, patch: int = 16, local: int = 0,
        narrow: int = 512, halve: bool = False, globals: int = 4, after: tuple[int, ...] = (), balance: bool = True,
    ) -> None:
        super().__init__()
        refuse_causal(plan, "A UniFormerV2")
        after = after or tuple(range(depth - globals, depth))
        if len(after) != globals or not all(0 <= index < depth for index in after):
            raise ModelError(f"after={after}: expected the numbers of {globals} (globals) of {depth} blocks.")
        self.channels, self.after = width, after
        grid = Grid(1, 1, max(plan.height // patch, 1), max(plan.width // patch, 1))
        frames, step = (TAPS, 2) if halve else (1, 1)
        self.stem = nn.Conv3d(plan.channels, width, (frames, patch, patch), (step, patch, patch), (frames // 2, 0, 0),
                              bias=False)
        self.class_token = table(1, 1, width)
        self.clip_token = table(1, 1, width)
        self.positions = Separable(grid, width)
        self.norm = nn.LayerNorm(width, eps=EPS)
        spec = Heads(width, heads, eps=EPS, classes=True)
        self.blocks = nn.ModuleList(
            LocalBlock(replace(spec, drop_path=plan.drop_path_at(index, depth)), local, narrow)
            for index in range(depth))
        self.globals = nn.ModuleList(GlobalBlock(width, heads) for _ in after)
        self.balance = nn.Parameter(torch.zeros(width)) if balance else None
        self.out = nn.LayerNorm(width, eps=EPS)
        self.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        if min(clip_NCTHW.shape[3:]) < self.stem.kernel_size[1]:
            raise ModelError(f"Clips of {tuple(clip_NCTHW.shape[3:])} pixels came; patches of "
                             f"{self.stem.kernel_size[1]} do not fit in them.")
        map_NDTHW = self.stem(clip_NCTHW)
        grid = Grid(map_NDTHW.shape[2], *map_NDTHW.shape[2:])
        class_position_11D, position_1LD = self.positions(grid)
        class_NTD = (self.class_token + class_position_11D).expand(len(map_NDTHW), grid.frames, -1)
        x_NLD = self.norm(torch.cat([class_NTD.to(map_NDTHW.dtype), as_tokens(map_NDTHW) + position_1LD], dim=1))
        clip_N1D = self.clip_token.expand(len(x_NLD), -1, -1)
        for index, block in enumerate(self.blocks):
            x_NLD = block(x_NLD, grid)
            if index in self.after:
                clip_N1D = self.globals[self.after.index(index)](clip_N1D, x_NLD, grid)
        if self.balance is not None:
            share_D = self.balance.sigmoid()
            clip_N1D = (1 - share_D) * clip_N1D + share_D * parts(x_NLD, grid)[0].mean(1, keepdim=True)
        return as_frames(self.out(clip_N1D))
