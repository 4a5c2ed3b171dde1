"""Temporal difference networks (Wang et al., arXiv:2012.10071): what changes within and between parts of a video.

Axes in names: N clips, C channels, T frames, H rows, W columns; D differences of two frames.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.backbones.resnet import SIZES, ResNet
from kinema.models.layers import Conv, Pool
from kinema.models.plan import Place, Plan
from kinema.models.temporal import Temporal
from kinema.models.temporal.motion import Change, Mix, normed

NEAR = 5  # frames of each part of a video; the third is the one that is seen, the others show how it changes
HALF_AT = 8  # parts of a video with which, as published, changes weigh as much as the frame
FOLD = 8  # one in so many channels starts as a shift each way


class TDN(nn.Module):
    """clip_NCTHW -> features_NCTHW, one frame for each five.

    A clip is so many times five neighbouring frames: the frame in their middle goes through a residual network, and
    their differences, at half the size, through the beginning of another, whose features are added twice. `appearance`
    is the share of the frame in both sums; by default it is as published: a half in clips of eight parts, else three
    quarters.
    """

    def __init__(self, size: str, plan: Plan, appearance: float | None = None) -> None:
        super().__init__()
        if plan.temporal(0, 1).causal:
            raise ModelError("tdn cannot be causal: it looks at the frames around each frame. Nearest: tsm.")
        if appearance is not None and not (isinstance(appearance, int | float) and 0 <= appearance <= 1):
            raise ModelError(f"tdn's appearance is {appearance!r}; it must be a share from 0 to 1.")
        check_parts(plan.frames)
        self.appearance = appearance
        full = SIZES[size]
        plan = replace(plan, frames=plan.frames // NEAR)
        differences = replace(plan, channels=plan.channels * (NEAR - 1), temporal=lambda block, blocks: Temporal(),
                              drop_path=0.0)
        self.halve = Pool("avg", (1, 2), (1, 2), padded=False)
        motion = ResNet(replace(full, counts=full.counts[:1]), differences)
        main = ResNet(full, replace(plan, temporal=lambda block, blocks: LongTerm()))
        self.motion_stem, self.motion_stages = motion.stem, motion.stages
        self.stem, self.stages, self.channels = main.stem, main.stages, main.channels

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        check_parts(clip_NCTHW.shape[2])
        near_NCTNHW = clip_NCTHW.unflatten(2, (-1, NEAR))
        change_NDCTHW = near_NCTNHW.diff(dim=3).permute(0, 3, 1, 2, 4, 5)
        motion = self.motion_stem(self.halve(change_NDCTHW.flatten(1, 2)))
        x_NCTHW = self.add(self.stem(near_NCTNHW[:, :, :, NEAR // 2]), motion)
        first, *others = self.stages
        x_NCTHW = self.add(first(x_NCTHW), self.motion_stages(motion))
        for stage in others:
            x_NCTHW = stage(x_NCTHW)
        return x_NCTHW

    def add(self, x_NCTHW: torch.Tensor, motion_NCTHW: torch.Tensor) -> torch.Tensor:
        """Both, each by its share, the second made as large as the first."""
        share = self.appearance
        if share is None:
            share = 0.5 if x_NCTHW.shape[2] == HALF_AT else 0.75
        return share * x_NCTHW + (1 - share) * F.interpolate(motion_NCTHW, x_NCTHW.shape[2:])


def check_parts(frames: int) -> None:
    """Raise ModelError where frames do not come in fives."""
    if frames % NEAR:
        raise ModelError(f"tdn takes five neighbouring frames from each part of a video: a multiple of {NEAR} frames "
                         f"(40: eight parts), not {frames}.")


@dataclass(eq=False)
class LongTerm(Temporal):
    """In all stages but the first, channels are weighed by how they change, then blended over three frames."""

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        plain = super().conv(inputs, outputs, size, stride, place, groups)
        if place.stage < 2 or place.name != "middle":
            return plain
        return nn.Sequential(OrderedDict(
            excite=Excite(inputs, inputs // 16), mix=Mix(inputs, self.causal, FOLD), conv=plain,
        ))


class Excite(nn.Module):
    """Weigh each channel of each place, by a half to one and a half, as it changes to the next and from the last frame.

    Changes are seen at full and at half size.
    """

    def __init__(self, channels: int, narrow: int) -> None:
        super().__init__()
        self.squeeze = normed(channels, narrow, 1)
        self.move = Conv(narrow, narrow, (1, 3), groups=narrow)
        self.change = Change(causal=False)
        self.halve = Pool("avg", (1, 2), (1, 2), padded=False)
        self.coarse = normed(narrow, narrow, 3)
        self.fine = normed(narrow, narrow, 3)
        self.expand = normed(narrow, channels, 1)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        here = self.squeeze(x_NCTHW)
        moved = self.move(here)
        ahead = self.change(moved, here)
        behind = self.change(moved.flip(2), here.flip(2)).flip(2)
        return x_NCTHW + x_NCTHW * ((self.weights(ahead) + self.weights(behind)) / 2)

    def weights(self, change_NCTHW: torch.Tensor) -> torch.Tensor:
        """What changes are worth to each channel, from minus to plus a half."""
        coarse = F.interpolate(self.coarse(self.halve(change_NCTHW)), change_NCTHW.shape[2:])
        return self.expand((change_NCTHW + coarse + self.fine(change_NCTHW)) / 3).sigmoid() - 0.5

