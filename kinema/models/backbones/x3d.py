"""X3D (Feichtenhofer, arXiv:2004.04730): a tiny network, expanded along six axes.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.drop_path import drop_path
from kinema.models.layers import Conv, Past, TimePad, eights
from kinema.models.means import FrameMean
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal

HABITS = Habits(stem_frames=5, norm_eps=1e-5, time_bias=False, gate_every=2, gate_eights=True)

WIDTHS, COUNTS = (12, 24, 48, 96), (1, 2, 5, 3)  # of the network that is expanded: channels and blocks of each stage
HIDDEN = 2048  # channels before the classifier
SHRINK = 32  # pixels of the clip, along each side, that make one at the end


@dataclass(frozen=True)
class Size:
    """A row of the table of X3D: how far a network goes along each of its six axes."""

    frames: int  # of a clip
    stride: int  # frames of the video from one to the next
    pixels: int  # along each side of a clip
    width: float  # times the channels
    bottleneck: float  # times the channels inside a block
    depth: float  # times the blocks

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage; the stem has those of the first."""
        return tuple(eights(width * self.width) for width in WIDTHS)

    @property
    def counts(self) -> tuple[int, ...]:
        """Blocks of each stage."""
        return tuple(math.ceil(count * self.depth) for count in COUNTS)


SIZES = {
    "x3d_xs": Size(4, 12, 160, 2.0, 2.25, 2.2),
    "x3d_s": Size(13, 6, 160, 2.0, 2.25, 2.2),
    "x3d_m": Size(16, 5, 224, 2.0, 2.25, 2.2),
    "x3d_l": Size(16, 5, 312, 2.0, 2.25, 5.0),
    "x3d_xl": Size(16, 5, 312, 2.9, 2.25, 5.0),
}


class X3DBlock(nn.Module):
    """A branch that is wide in the middle, where each channel is convolved alone and gated; a shortcut around it."""

    def __init__(
        self, inputs: int, outputs: int, width: int, stride: tuple[int, int], shortcut_norm: bool, temporal: Temporal,
        place: Place,
    ) -> None:
        super().__init__()
        self.before = temporal.before(inputs, place)
        self.branch = nn.Sequential(OrderedDict(
            conv1=temporal.conv(inputs, width, 1, (1, 1), place.at("first")),
            bn1=nn.BatchNorm3d(width, eps=place.habits.norm_eps), relu1=nn.ReLU(),
            conv2=temporal.conv(width, width, 3, stride, place.at("middle"), width),
            bn2=nn.BatchNorm3d(width, eps=place.habits.norm_eps),
            gate=temporal.gate(width, place), swish=nn.SiLU(),
            conv3=temporal.conv(width, outputs, 1, (1, 1), place.at("last")),
            bn3=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
        ))
        self.drop_path = drop_path(place.drop_path)
        self.shortcut: nn.Module = nn.Identity()
        if (inputs, stride) != (outputs, (1, 1)):
            self.shortcut = nn.Sequential(OrderedDict(conv=Conv(inputs, outputs, (1, 1), stride)))
            if inputs != outputs or shortcut_norm:
                self.shortcut.add_module("bn", nn.BatchNorm3d(outputs, eps=place.habits.norm_eps))
        self.relu = nn.ReLU()
        self.after = temporal.after(outputs, place)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        branch = self.drop_path(self.branch(self.before(x_NCTHW)))
        return self.after(self.relu(branch + self.shortcut(x_NCTHW)))


class Head(nn.Module):
    """Pool windows of `frames` x `pixels` x `pixels` (0: all), between two projections of the channels.

    With `ahead` only the last window counts that no frame after the clip could change: one that ends `ahead` frames
    before the clip does. A clip too short for any such frame is taken as it is.
    """

    gathers = True  # one of all frames, also in a stream

    def __init__(
        self, widths: tuple[int, int, int], normed: bool, frames: int, pixels: int, ahead: int | None
    ) -> None:
        super().__init__()
        inputs, width, outputs = widths
        self.conv = Conv(inputs, width, (1, 1))
        self.bn = nn.BatchNorm3d(width, eps=HABITS.norm_eps)
        self.hidden = Conv(width, outputs, (1, 1))
        self.hidden_bn = nn.BatchNorm3d(outputs, eps=HABITS.norm_eps) if normed else nn.Identity()
        self.average = FrameMean()
        self.frames, self.pixels, self.ahead = frames, pixels, ahead

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if not self.frames and not self.ahead:
            return self.told(self.average(self.places(x_NCTHW)))
        frames = x_NCTHW.shape[2]
        if self.ahead is not None:
            end = frames - self.ahead if frames > self.ahead else frames
            x_NCTHW = x_NCTHW[:, :, max(end - (self.frames or end), 0) : end]
        window = min(self.frames or x_NCTHW.shape[2], x_NCTHW.shape[2])
        return self.told(F.avg_pool3d(self.places(x_NCTHW), (window, 1, 1), 1))

    def places(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        """The means of the places that a window covers, in each frame."""
        rows, columns = (min(self.pixels or side, side) for side in x_NCTHW.shape[3:])
        return F.avg_pool3d(self.bn(self.conv(x_NCTHW)).relu(), (1, rows, columns), 1)

    def told(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        """What the classifier sees of each window."""
        return self.hidden_bn(self.hidden(x_NCTHW)).relu()

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The last window so far; without `live`, whose answer it is, only where all frames are one."""
        if not self.frames and not self.ahead:
            return type(self).forward(self, x_NC1HW), ()
        if self.ahead is None:
            raise ModelError(f"A head that averages all windows of {self.frames} frames cannot be fed frame by frame; "
                             "expected head_frames=0, or a live network.")
        seen_NCTHW = torch.cat([*past, self.places(x_NC1HW)], dim=2)[:, :, -self.frames :]
        return self.told(seen_NCTHW.mean(2, keepdim=True)), (seen_NCTHW,)


class X3D(nn.Module):
    """X3D (Feichtenhofer, arXiv:2004.04730): clip_NCTHW -> features_NCTHW.

    A feature map has one place for each window of the head, usually one.

    The stem's convolution over pixels is its own; the one over frames, each channel for itself, is the temporal
    module's. `shortcut_norm` says whether the first shortcut, which keeps the number of channels, has a batch norm.
    The head pools windows of `head_frames` and, of a clip with more than `head_size` pixels a side, of as much as those
    cover (0: all of the clip). `live` gives the answer of a stream in which each layer waits for the frames it looks
    ahead to, as CoX3D does (Hedegaard and Iosifidis, arXiv:2106.00050), after the clip's last frame: that of the
    last window whose every frame is known.

    `widths` and `counts` are the channels and the blocks of the four stages, `bottleneck` is how many times the
    channels there are inside a block, where these are not the size's own; `hidden` are the channels before the
    classifier, which with `hidden_norm` have a batch norm.
    """

    def __init__(
        self, size: Size, plan: Plan, shortcut_norm: bool = True, head_frames: int = 0, head_size: int = 0,
        live: bool = False, widths: tuple[int, ...] = (), counts: tuple[int, ...] = (), bottleneck: float = 0.0,
        hidden: int = HIDDEN, hidden_norm: bool = False,
    ) -> None:
        super().__init__()
        widths, counts, bottleneck = widths or size.widths, counts or size.counts, bottleneck or size.bottleneck
        check(head_frames, head_size, widths, counts, bottleneck, hidden)
        if live and plan.tp:
            raise ModelError("A live x3d answers frame by frame, so its frames are not pooled. Name it without -tp.")
        blocks, inputs = sum(counts), widths[0]
        first = plan.temporal(0, blocks)
        frames = math.ceil(plan.frames / first.step(0, plan.tp))
        stem = Place(0, blocks, 0, 0, plan.frames, HABITS, plan.channels, "stem")
        self.stem = nn.Sequential(OrderedDict(
            space=Conv(plan.channels, inputs, (1, 3), (1, 2)),
            time=first.conv(inputs, inputs, 1, (first.step(0, plan.tp) if first.strides else 1, 1), stem, inputs),
            bn=nn.BatchNorm3d(inputs, eps=HABITS.norm_eps), relu=nn.ReLU(),
        ))
        self.stages = nn.Sequential()
        for stage, (count, outputs) in enumerate(zip(counts, widths, strict=True), start=1):
            layers, first_block = nn.Sequential(), sum(counts[: stage - 1])
            frame_step = plan.temporal(first_block, blocks).step(stage, plan.tp)
            frames = math.ceil(frames / frame_step)
            for index in range(count):
                temporal = plan.temporal(first_block + index, blocks)
                stride = (1, 1) if index else (frame_step if temporal.strides else 1, 2)
                place = Place(first_block + index, blocks, stage, index, frames, HABITS, inputs,
                              drop_path=plan.drop_path_at(first_block + index, blocks))
                if index == 0 and stride[0] < frame_step:
                    layers.add_module("pool", temporal.time_pool(plan.pool, place))
                width = int(bottleneck * outputs)
                layers.add_module(str(index), X3DBlock(inputs, outputs, width, stride, shortcut_norm, temporal, place))
                inputs = outputs
            self.stages.add_module(str(stage), layers)
        ahead = looks_ahead(self) if live else None
        pixels = math.ceil(head_size / SHRINK)
        self.head = Head((inputs, int(bottleneck * inputs), hidden), hidden_norm, head_frames, pixels, ahead)
        self.channels = hidden

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(self.stem(clip_NCTHW)))


def check(
    head_frames: int, head_size: int, widths: tuple[int, ...], counts: tuple[int, ...], bottleneck: float, hidden: int
) -> None:
    """Raise ModelError for what an X3D cannot be built with."""
    if min(head_frames, head_size) < 0:
        raise ModelError(f"head_frames={head_frames}, head_size={head_size}: expected 0 (all) or more.")
    if len(widths) != len(WIDTHS) or len(counts) != len(COUNTS) or min(*widths, *counts, hidden) < 1 or bottleneck <= 0:
        raise ModelError(f"widths={widths}, counts={counts}, bottleneck={bottleneck}, hidden={hidden}: expected four "
                         "widths and four counts, and no number below 1.")


def looks_ahead(network: nn.Module) -> int:
    """How many later frames reach one at the end of layers that stand one after the other."""
    return sum(layer.padding[0] if isinstance(layer, Conv) else layer.after  # type: ignore[misc]
               for layer in network.modules() if isinstance(layer, Conv | TimePad))
