"""CorrNet (Wang et al., arXiv:1906.03349): a residual network with blocks that match each frame with the one before.

There is no published code. Known: 7x7 places, 2 apart, are compared, each with a weight of its own for each channel;
blocks stand after the first three stages, in CorrNet-101 in the middle of the third too. Open choices, made here: the
network strides over frames at the start of its last two stages, its stem pools, a quarter of the channels is compared
in 32 groups, a correlation is the mean over its group, the weights are those of a frame each, and convolutions are
separated without more channels between. No choice of strides, channels and groups that was tried gives the reported 115
and 224 GMACs of both depths (ours: 176 and 252). Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.backbones.resnet import HABITS, ResNet, Size
from kinema.models.layers import Conv
from kinema.models.plan import Place, Plan
from kinema.models.temporal import Temporal

NARROW = 4  # times fewer channels are matched than a block has
DEEP = 23  # blocks of a stage that has a correlation block in its middle too


@dataclass(eq=False)
class Correlating(Temporal):
    """Separated convolutions, and a correlation block at the end of each stage but the last, as CorrNet has them."""

    counts: tuple[int, ...] = ()  # blocks of each stage
    across: int = 7
    dilation: int = 2
    groups: int = 32
    shared: bool = False

    strides: ClassVar[bool] = True

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if size == 1 or place.name == "stem":
            return Conv(inputs, outputs, (1, size), stride, groups)
        return nn.Sequential(
            Conv(inputs, outputs, (1, size), (1, stride[1]), groups), nn.BatchNorm3d(outputs, eps=HABITS.norm_eps),
            nn.ReLU(), Conv(outputs, outputs, (3, 1), (stride[0], 1)),
        )

    def after(self, channels: int, place: Place) -> nn.Module:
        blocks = self.counts[place.stage - 1]
        middle = blocks >= DEEP and place.index == blocks // 2
        chosen = place.stage < len(self.counts) and (place.index == blocks - 1 or middle)
        return Correlation(channels, 1 if self.shared else place.frames, self) if chosen else nn.Identity()

    def step(self, stage: int, tp: bool) -> int:
        return 2 if stage > 2 else 1


class CorrNet(ResNet):
    """A residual network of separated convolutions and correlation blocks (Wang et al., arXiv:1906.03349).

    clip_NCTHW -> features_NCTHW. Each place is compared with `across` x `across` places, `dilation` apart, of the frame
    before, in `groups` of channels. The filters that weigh what is compared are those of a frame each, so the network
    takes clips of one length; with `shared` there is one for all frames. Raises ModelError for another length.
    """

    def __init__(
        self, size: Size, plan: Plan, across: int = 7, dilation: int = 2, groups: int = 32, shared: bool = False
    ) -> None:
        if plan.temporal(0, sum(size.counts)).causal:
            raise ModelError("corrnet cannot be causal: its convolutions look at later frames. Nearest: s3d.")
        for name, value in (("across", across), ("dilation", dilation), ("groups", groups)):
            if value < 1 or (name == "across" and value % 2 == 0):
                raise ModelError(f"corrnet's {name} is {value}; it must be 1 or more, and across an odd number.")
        seeing = Correlating(False, size.counts, across, dilation, groups, shared)
        super().__init__(size, replace(plan, temporal=lambda block, blocks: seeing))


class Correlation(nn.Module):
    """x + what is read off how each place matches those around it in the frame before (of the first: in itself)."""

    def __init__(self, channels: int, frames: int, how: Correlating) -> None:
        super().__init__()
        narrow = channels // NARROW
        if narrow % how.groups:
            raise ModelError(f"corrnet's groups are {how.groups}; they must divide the {narrow} channels matched here.")
        self.across, self.dilation, self.groups = how.across, how.dilation, how.groups
        self.encode = nn.Sequential(Conv(channels, narrow, (1, 1)), nn.BatchNorm3d(narrow), nn.ReLU())
        self.filters = nn.Parameter(torch.randn(narrow, frames, how.across, how.across))
        matches = how.groups * how.across**2
        self.decode = nn.Sequential(Conv(matches, channels, (1, 1)), nn.BatchNorm3d(channels))
        self.relu = nn.ReLU()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if self.filters.shape[1] not in (1, x_NCTHW.shape[2]):
            raise ModelError(f"This corrnet takes {self.filters.shape[1]} frames here, not {x_NCTHW.shape[2]}: its "
                             "filters are those of a frame each. Create it with the frames of your clips, or shared.")
        return self.relu(x_NCTHW + self.decode(self.matches(self.encode(x_NCTHW))))

    def matches(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        """How each place matches each of the places around it in the frame before, by groups of channels."""
        height, width = x_NCTHW.shape[3:]
        before = torch.cat([x_NCTHW[:, :, :1], x_NCTHW[:, :, :-1]], dim=2)
        around = F.pad(before, (self.across // 2 * self.dilation,) * 4)
        found = []
        for row in range(self.across):
            for column in range(self.across):
                top, left = row * self.dilation, column * self.dilation
                there = around[:, :, :, top : top + height, left : left + width]
                weighed = x_NCTHW * there * self.filters[None, :, :, row, column, None, None]
                found.append(weighed.unflatten(1, (self.groups, -1)).mean(2))
        return torch.cat(found, dim=1)
