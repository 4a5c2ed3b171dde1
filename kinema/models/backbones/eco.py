"""ECO (Zolfaghari et al., arXiv:1804.09066): pictures are read one by one, then together by a 3-D residual network.

Axes in names: N clips, C channels, T frames, H rows, W columns. Kernels and strides are (frames, pixels).
"""

from itertools import pairwise

import torch
from torch import nn

from kinema.models.backbones.bn_inception import HABITS, KINDS, Branch, BranchedInception, Kind, Mixed
from kinema.models.layers import Conv
from kinema.models.means import FrameMean
from kinema.models.plan import Place, Plan

BN = KINDS["bn_inception"]
TRUNK = Kind(BN.stem, {name: BN.mixed[name] for name in ("3a", "3b")}, BN.stages, BN.pools)
SHARED, GOES_ON = "64 3x3:96", "3x3:96/2"  # the branch of block 3c that the 3-D part sees the middle of
WIDTHS = (128, 256, 512)


class PreBlock(nn.Module):
    """A branch of two 3-D convolutions with batch norm and ReLU before each, and a shortcut around it.

    The first block of a stage halves frames and pixels, in the shortcut too, and has neither before its first one.
    """

    def __init__(self, inputs: int, outputs: int, first: bool, causal: bool) -> None:
        super().__init__()
        stride = (2, 2) if first else (1, 1)
        self.start = nn.Sequential() if first else normed(inputs)
        self.branch = nn.Sequential(wide(inputs, outputs, stride, causal), *normed(outputs),
                                    wide(outputs, outputs, (1, 1), causal))
        self.shortcut = wide(inputs, outputs, stride, causal) if first else nn.Identity()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.branch(self.start(x_NCTHW)) + self.shortcut(x_NCTHW)


def wide(inputs: int, outputs: int, stride: tuple[int, int], causal: bool) -> Conv:
    """A convolution over 3x3x3, with bias."""
    conv = Conv(inputs, outputs, (3, 3), stride, causal=causal)
    conv.bias = nn.Parameter(torch.zeros(outputs))
    return conv


def normed(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm3d(channels), nn.ReLU())


class ECO(nn.Module):
    """clip_NCTHW -> features_NCTHW: BN-Inception up to block 3c, then the last stages of a 3-D ResNet-18.

    The `full` network reads the pictures to the end of BN-Inception besides; its features are those of all frames'
    means and of the 3-D part, one row a clip (N C 1 1 1). Where norms stand in the 3-D part, and that its shortcuts
    cover 3x3x3, is not in the paper but follows public ports of the authors' code.
    """

    def __init__(self, full: bool, plan: Plan) -> None:
        super().__init__()
        temporal = plan.temporal(0, 1)
        place = Place(0, 1, 2, 2, plan.frames, HABITS)
        self.trunk = BranchedInception(TRUNK, plan)
        inputs = self.trunk.channels
        self.shared = Branch(inputs, SHARED, temporal, place)
        layers: list[nn.Module] = [wide(self.shared.outputs, WIDTHS[0], (1, 1), temporal.causal),
                                   PreBlock(WIDTHS[0], WIDTHS[0], False, temporal.causal), normed(WIDTHS[0])]
        for narrow, width in pairwise(WIDTHS):
            layers += [PreBlock(narrow, width, True, temporal.causal), PreBlock(width, width, False, temporal.causal),
                       normed(width)]
        self.together = nn.Sequential(*layers)
        self.alone = Alone(inputs, plan) if full else None
        self.average = FrameMean()
        self.channels = WIDTHS[-1] + (self.alone.channels if self.alone else 0)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        trunk_NCTHW = self.trunk(clip_NCTHW)
        shared_NCTHW = self.shared(trunk_NCTHW)
        together_NCTHW = self.together(shared_NCTHW)
        if self.alone is None:
            return together_NCTHW
        both = (self.alone(trunk_NCTHW, shared_NCTHW), together_NCTHW)
        return torch.cat([self.average(x_NCTHW.mean((3, 4), keepdim=True)) for x_NCTHW in both], dim=1)


class Alone(nn.Module):
    """The rest of BN-Inception, from the outputs of block 3b and of the middle of 3c's second branch."""

    def __init__(self, inputs: int, plan: Plan) -> None:
        super().__init__()
        temporal = plan.temporal(0, 1)
        place = Place(0, 1, 2, 2, plan.frames, HABITS)
        self.three, self.pool = (Branch(inputs, BN.mixed["3c"][name], temporal, place) for name in ("3x3", "pool"))
        self.goes_on = Branch(96, GOES_ON, temporal, place)
        inputs += self.three.outputs + self.goes_on.outputs
        self.blocks = nn.Sequential()
        for name in [*BN.mixed][3:]:
            mixed = Mixed(inputs, BN.mixed[name], temporal, place)
            self.blocks.add_module(name, mixed)
            inputs = mixed.outputs
        self.channels = inputs

    def forward(self, trunk_NCTHW: torch.Tensor, shared_NCTHW: torch.Tensor) -> torch.Tensor:
        sides = (self.three(trunk_NCTHW), self.goes_on(shared_NCTHW), self.pool(trunk_NCTHW))
        return self.blocks(torch.cat(sides, dim=1))
