"""AssembleNet (Ryoo et al., arXiv:1905.13209): streams of blocks whose connections were found by evolution.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.drop_path import drop_path
from kinema.models.layers import Conv, TimePad, pixel_pool
from kinema.models.plan import Plan

COLOUR, FLOW = 3, 2  # channels of each kind of input, in the order of a clip's
STEMS = ((COLOUR, 4), (COLOUR, 4), (FLOW, 1), (FLOW, 1))  # what each stem sees, and how far apart frames it blends
STEM = 32  # channels of a stem
WIDE = (64, 128, 256, 512)  # channels of the middle of a block of each level
OUT = 4  # channels of a block's output for each of its first convolution


@dataclass(frozen=True)
class Node:
    """A row of the table of connections: how much is seen of each stream, and how far apart are the frames blended."""

    level: int
    inputs: Mapping[int, float]
    dilation: int


NODES = (  # streams 4 to 14, as learned on Moments in Time and published with the code; 0 to 3 are the stems
    Node(0, {1: 1}, 1),
    Node(0, {0: 1}, 4),
    Node(0, {0: 0.1381, 1: 0.8465, 2: 0.3073, 3: 0.2867}, 1),
    Node(0, {2: 0.5846, 3: 0.6066}, 2),
    Node(1, {0: 0.1638, 4: 0.8853, 5: 0.4040, 6: 0.6823, 7: 0.5332}, 2),
    Node(1, {0: 0.0286, 2: 0.1033, 4: 0.7517, 7: 0.9260}, 1),
    Node(1, {0: 0.2883, 5: 0.7628, 7: 0.4050}, 4),
    Node(1, {0: 0.2347, 5: 0.7841}, 1),
    Node(2, {4: 0.2762, 8: 0.9515, 10: 0.6569, 11: 0.9548}, 1),
    Node(2, {8: 0.5047, 9: 0.8877}, 4),
    Node(3, {12: 0.9892, 13: 0.8455}, 2),
)


@dataclass(frozen=True)
class Size:
    """A row of the table of sizes: blocks of a node of each level, and channels of their first convolution."""

    counts: tuple[int, ...]
    widths: tuple[int, ...]


SIZES = {
    "assemblenet50": Size((3, 4, 6, 3), (32, 64, 256, 512)),
    "assemblenet101": Size((3, 4, 23, 3), (32, 64, 192, 256)),
}


class AssembleNet(nn.Module):
    """clip_NCTHW -> features_NCTHW. A clip has five channels: colour, then optical flow (to the right, down).

    Two stems see the colour and two the flow. Every further stream is made of blocks over a weighted sum of streams
    before it; from level to level, pixels are halved. The published weights of the sums are kept as they are.
    """

    def __init__(self, size: Size, plan: Plan) -> None:
        super().__init__()
        if plan.channels != COLOUR + FLOW:
            raise ModelError(f"assemblenet sees colour and optical flow, {COLOUR + FLOW} channels, not "
                             f'{plan.channels}: its clip\'s input is "rgb+flow".')
        causal = plan.temporal(0, 1).causal
        self.stems = nn.ModuleList(stem(inputs, dilation, causal) for inputs, dilation in STEMS)
        self.nodes = nn.ModuleList()
        channels, done, total = [STEM] * len(STEMS), 0, sum(size.counts[node.level] for node in NODES)
        for node in NODES:
            shares: dict[int, list[tuple[int, float]]] = {}
            for source, share in node.inputs.items():
                shares.setdefault(channels[source], []).append((source, share))
            width, inputs = size.widths[node.level], max(shares)
            blocks = nn.Sequential(OrderedDict(sum=Sum(shares)))
            for index in range(size.counts[node.level]):
                blocks.add_module(str(index), AssembleBlock(
                    width * OUT if index else inputs, width, node, index, causal,
                    plan.drop_path_at(done + index, total)))
            done += size.counts[node.level]
            self.nodes.append(blocks)
            channels.append(width * OUT)
        self.channels = channels[-1]

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        seen = dict(zip((COLOUR, FLOW), clip_NCTHW.split((COLOUR, FLOW), dim=1), strict=True))
        streams = [stem(seen[inputs]) for stem, (inputs, _) in zip(self.stems, STEMS, strict=True)]
        for node in self.nodes:
            streams.append(node(streams))
        return streams[-1]


def stem(inputs: int, dilation: int, causal: bool) -> nn.Sequential:
    """A convolution over pixels and, of colour, one over five frames; a quarter of the size."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv=Conv(inputs, STEM, (1, 7), (1, 2)), bn=nn.BatchNorm3d(STEM), relu=nn.ReLU())
    if inputs == COLOUR:
        layers |= {"time": TimeConv(STEM, STEM, 5, dilation, causal), "time_bn": nn.BatchNorm3d(STEM),
                   "time_relu": nn.ReLU()}
    layers["pool"] = pixel_pool(3 if inputs == COLOUR else 2, 2)
    return nn.Sequential(layers)


class TimeConv(nn.Conv3d):
    """A convolution over `frames` frames that are `dilation` apart, padded with zeros."""

    def __init__(self, inputs: int, outputs: int, frames: int, dilation: int, causal: bool) -> None:
        reach = dilation * (frames - 1)
        super().__init__(inputs, outputs, (frames, 1, 1), padding=(0 if causal else reach // 2, 0, 0),
                         dilation=(dilation, 1, 1), bias=False)
        self.edge = TimePad(reach, 0) if causal else nn.Identity()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return super().forward(self.edge(x_NCTHW))


class Sum(nn.Module):
    """A weighted sum of streams, all made as small as the smallest and as wide as the widest.

    `shares` are, for each number of channels, the streams that have it and their weights.
    """

    def __init__(self, shares: Mapping[int, list[tuple[int, float]]]) -> None:
        super().__init__()
        self.shares, widest = dict(shares), max(shares)
        self.widen = nn.ModuleDict({
            str(channels): Conv(channels, widest, (1, 1)) for channels in shares if channels != widest})

    def forward(self, streams: list[torch.Tensor]) -> torch.Tensor:
        sources = [source for shares in self.shares.values() for source, _ in shares]
        small = tuple(min(streams[source].shape[axis] for source in sources) for axis in (3, 4))
        parts = []
        for channels, shares in self.shares.items():
            alike = torch.stack([shrunk(streams[source], small) * share for source, share in shares]).sum(0)
            parts.append(self.widen[str(channels)](alike) if str(channels) in self.widen else alike)
        return torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]


def shrunk(x_NCTHW: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    """The greatest of the pixels that come to lie on each pixel of a smaller size."""
    return x_NCTHW if x_NCTHW.shape[3:] == size else F.adaptive_max_pool3d(x_NCTHW, (x_NCTHW.shape[2], *size))


class AssembleBlock(nn.Module):
    """A bottleneck; the first convolution of every second block covers three frames.

    `rate` is the chance with which its branch is left out in training.
    """

    def __init__(self, inputs: int, width: int, node: Node, index: int, causal: bool, rate: float) -> None:
        super().__init__()
        wide, outputs, stride = WIDE[node.level], width * OUT, (1, 2 if node.level and not index else 1)
        self.branch = nn.Sequential(OrderedDict(
            conv1=TimeConv(inputs, width, 3, node.dilation, causal) if index % 2 else Conv(inputs, width, (1, 1)),
            bn1=nn.BatchNorm3d(width), relu1=nn.ReLU(),
            conv2=Conv(width, wide, (1, 3), stride), bn2=nn.BatchNorm3d(wide), relu2=nn.ReLU(),
            conv3=Conv(wide, outputs, (1, 1)), bn3=nn.BatchNorm3d(outputs),
        ))
        self.shortcut = nn.Identity() if index else nn.Sequential(OrderedDict(
            conv=Conv(inputs, outputs, (1, 1), stride), bn=nn.BatchNorm3d(outputs)))
        self.drop_path, self.relu = drop_path(rate), nn.ReLU()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.relu(self.drop_path(self.branch(x_NCTHW)) + self.shortcut(x_NCTHW))
