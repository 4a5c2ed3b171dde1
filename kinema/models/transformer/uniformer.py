"""UniFormer: convolutions where a clip is large, attention where it is small.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from collections import OrderedDict

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.plan import Plan
from kinema.models.transformer.parts import draw, refuse_causal
from kinema.models.transformer.uniformer_blocks import GlobalBlock, LocalBlock, SplitBlock

SMALLEST = 32  # pixels that become one patch of the last stage


class UniFormer(nn.Module):
    """A UniFormer (Li et al., arXiv:2201.04676).

    Two stages of local blocks and two of global ones, as many as `depths`, each with its own number of channels
    (`widths`). Heads have `head` channels and the hidden layers `widen` times as many as a block. With `split`
    attention is to a place in all frames, then to all places of a frame. Between stages patches merge, which look at
    `step_frames` frames. `norm_eps` is added to the variance by the blocks' layer norms. Clips of any length pass, and
    of 32 pixels or more.
    """

    def __init__(
        self, plan: Plan, widths: tuple[int, ...] = (64, 128, 320, 512), depths: tuple[int, ...] = (3, 4, 8, 3),
        head: int = 64, widen: int = 4, split: bool = False, step_frames: int = 1, norm_eps: float = 1e-6,
    ) -> None:
        super().__init__()
        refuse_causal(plan, "A UniFormer")
        if len(widths) != 4 or len(depths) != 4:
            raise ModelError(f"widths={widths!r} and depths={depths!r}: expected four numbers each, one for a stage.")
        inputs, blocks = plan.channels, sum(depths)
        self.stages = nn.ModuleDict()
        for stage, (channels, depth) in enumerate(zip(widths, depths, strict=True), start=1):
            last, before = SplitBlock if split else GlobalBlock, sum(depths[: stage - 1])
            rates = [plan.drop_path_at(before + index, blocks) for index in range(depth)]
            self.stages[str(stage)] = Stage(
                Patches(inputs, channels, 3 if stage == 1 else step_frames, (2, 4) if stage == 1 else (1, 2)),
                *(LocalBlock(channels, widen, rate) if stage < 3 else last(channels, head, widen, norm_eps, rate)
                  for rate in rates))
            inputs = channels
        self.norm = nn.BatchNorm3d(inputs)
        self.channels = inputs
        self.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        check_size(clip_NCTHW)
        x_NCTHW = clip_NCTHW
        for stage in self.stages.values():
            x_NCTHW = stage(x_NCTHW)
        return self.norm(x_NCTHW)


class Stage(nn.Sequential):
    """Patches, and the blocks that follow at their size."""

    def __init__(self, patches: nn.Module, *blocks: nn.Module) -> None:
        super().__init__(OrderedDict(patches=patches, blocks=nn.Sequential(*blocks)))


class Patches(nn.Module):
    """Make one patch of `stride` (frames, pixels), looking at `frames` frames, and normalise it."""

    def __init__(self, inputs: int, outputs: int, frames: int, stride: tuple[int, int]) -> None:
        super().__init__()
        step, side = stride
        self.conv = nn.Conv3d(inputs, outputs, (frames, side, side), (step, side, side), (frames // 2, 0, 0))
        self.norm = nn.LayerNorm(outputs)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x_NCTHW).movedim(1, -1)).movedim(-1, 1)


def check_size(clip_NCTHW: torch.Tensor) -> None:
    """Raise ModelError for clips too small for one patch in the last stage."""
    height, width = clip_NCTHW.shape[3:]
    if min(height, width) < SMALLEST:
        raise ModelError(f"A UniFormer takes clips of {SMALLEST} pixels or more along each side, not {height}x{width}.")
