"""Video Swin: a transformer whose attention stays inside windows, which are shifted from block to block.

Axes in names: N clips, T frames, H rows, W columns (of patches), C channels.
"""

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.drop_path import drop_path
from kinema.models.plan import Plan
from kinema.models.transformer.parts import draw, mlp, refuse_causal
from kinema.models.transformer.swin_attention import WindowAttention


class Swin(nn.Module):
    """A Video Swin transformer (Liu et al., arXiv:2106.13230).

    The clip is cut into patches of `patch` (frames, rows, columns) and padded to whole ones. After each of the stages,
    which are of `depths` blocks and have `heads`, but the last, four neighbouring patches become one of twice the
    channels. With `patch_norm` patches are normalised. Clips of any length and size pass.
    """

    def __init__(
        self, plan: Plan, width: int = 96, depths: tuple[int, ...] = (2, 2, 6, 2),
        heads: tuple[int, ...] = (3, 6, 12, 24), window: tuple[int, ...] = (8, 7, 7),
        patch: tuple[int, ...] = (2, 4, 4), patch_norm: bool = True,
    ) -> None:
        super().__init__()
        refuse_causal(plan, "A Video Swin")
        if len(window) != 3 or len(patch) != 3 or len(depths) != len(heads):
            raise ModelError(f"window={window!r} and patch={patch!r}: expected (frames, rows, columns) of each; "
                             f"depths={depths!r} and heads={heads!r}: expected one number for each stage.")
        self.patches = Patches(plan.channels, width, (patch[0], patch[1], patch[2]), patch_norm)
        self.stages = nn.ModuleDict()
        for index, (depth, count) in enumerate(zip(depths, heads, strict=True)):
            channels = width << index
            blocks = nn.Sequential(*(
                Block(channels, WindowAttention(channels, count, (window[0], window[1], window[2]), bool(block % 2)),
                      plan.drop_path_at(sum(depths[:index]) + block, sum(depths)))
                for block in range(depth)))
            last = index == len(depths) - 1
            self.stages[str(index + 1)] = nn.Sequential()
            self.stages[str(index + 1)].add_module("blocks", blocks)
            self.stages[str(index + 1)].add_module("merge", nn.Identity() if last else Merge(channels))
        self.norm = nn.LayerNorm(channels)
        self.channels = channels
        self.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NTHWC = self.patches(clip_NCTHW)
        for stage in self.stages.values():
            x_NTHWC = stage(x_NTHWC)
        return self.norm(x_NTHWC).permute(0, 4, 1, 2, 3)


class Patches(nn.Module):
    """The patches of a clip_NCTHW, one after the other along each axis (N T H W C)."""

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int, int], normed: bool) -> None:
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs, size, size)
        self.norm = nn.LayerNorm(outputs) if normed else nn.Identity()

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        frames, rows, columns = (-side % patch for side, patch in zip(
            clip_NCTHW.shape[2:], self.conv.kernel_size, strict=True))
        clip_NCTHW = F.pad(clip_NCTHW, (0, columns, 0, rows, 0, frames))
        return self.norm(self.conv(clip_NCTHW).permute(0, 2, 3, 4, 1))


class Block(nn.Module):
    """Attention in windows, then two linear layers, each on normalised patches and beside a way around it.

    `rate` is the chance with which either is left out in training.
    """

    def __init__(self, channels: int, attention: nn.Module, rate: float) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(channels), attention
        self.norm2, self.mlp = nn.LayerNorm(channels), mlp(channels, 4 * channels, channels)
        self.drop_path = drop_path(rate)

    def forward(self, x_NTHWC: torch.Tensor) -> torch.Tensor:
        x_NTHWC = x_NTHWC + self.drop_path(self.attention(self.norm1(x_NTHWC)))
        return x_NTHWC + self.drop_path(self.mlp(self.norm2(x_NTHWC)))


class Merge(nn.Module):
    """Make one patch of 2x2 neighbours, with twice the channels; an odd side is padded with zeros."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduce = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x_NTHWC: torch.Tensor) -> torch.Tensor:
        rows, columns = x_NTHWC.shape[2:4]
        x_NTHWC = F.pad(x_NTHWC, (0, 0, 0, columns % 2, 0, rows % 2))
        four = [x_NTHWC[:, :, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.reduce(self.norm(torch.cat(four, dim=-1)))
