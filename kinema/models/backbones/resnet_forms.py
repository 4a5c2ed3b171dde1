"""Other forms of residual networks, each with the blocks of `resnet` put together its own way.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

from collections import OrderedDict

import torch
from torch import nn

from kinema.models.backbones.resnet import SIZES, Block, Bottleneck, Size, norm
from kinema.models.plan import Place
from kinema.models.temporal import Temporal


class Fat(Bottleneck):
    """A bottleneck whose outputs are twice as wide as its middle (Zagoruyko and Komodakis, arXiv:1605.07146;
    Xie et al., arXiv:1611.05431, where the middle convolution has groups)."""

    expansion = 2


class EarlyNorm(Block):
    """Batch norm and ReLU before each convolution, none after the addition (He et al., arXiv:1603.05027)."""

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        eps = place.habits.norm_eps
        return nn.Sequential(OrderedDict(
            bn1=nn.BatchNorm3d(inputs, eps=eps), relu1=nn.ReLU(),
            conv1=(conv1 := temporal.conv(inputs, width, 3, stride, place.at("first"))),
            bn2=norm(conv1, width, place), relu2=nn.ReLU(),
            conv2=temporal.conv(width, width, 3, (1, 1), place.at("last")),
        ))

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        seen = self.before(x_NCTHW)
        shortcut = self.shortcut(seen if self.shared else x_NCTHW)
        return self.after(self.drop_path(self.gate(self.branch(seen))) + shortcut)


class EarlyNormBottleneck(EarlyNorm):
    """The same with a narrow convolution over pixels between two projections."""

    expansion = 4

    def make_branch(
        self, inputs: int, width: int, stride: tuple[int, int], temporal: Temporal, place: Place
    ) -> nn.Sequential:
        eps = place.habits.norm_eps
        conv1 = temporal.conv(inputs, width, 1, (1, 1), place.at("first"))
        conv2 = temporal.conv(width, width, 3, stride, place.at("middle"))
        return nn.Sequential(OrderedDict(
            bn1=nn.BatchNorm3d(inputs, eps=eps), relu1=nn.ReLU(), conv1=conv1,
            bn2=nn.BatchNorm3d(width, eps=eps), relu2=nn.ReLU(), conv2=conv2,
            bn3=norm(conv2, width, place), relu3=nn.ReLU(),
            conv3=temporal.conv(width, width * self.expansion, 1, (1, 1), place.at("last")),
        ))


FORMS = {
    "wide_resnet50": Size(Fat, (3, 4, 6, 3), width=128),
    **{f"resnext{depth}": Size(Fat, SIZES[f"resnet{depth}"].counts, width=128, stem_width=64, groups=32)
       for depth in (50, 101, 152)},
    **{f"preact_resnet{depth}": Size(EarlyNorm, SIZES[f"resnet{depth}"].counts) for depth in (18, 34)},
    **{f"preact_resnet{depth}": Size(EarlyNormBottleneck, SIZES[f"resnet{depth}"].counts)
       for depth in (50, 101, 152, 200)},
}
