"""MoViNets (Kondratyuk et al., arXiv:2103.11511): networks found by search, for clips and for streams.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.backbones.movinet_sizes import Size, blocks
from kinema.models.drop_path import drop_path
from kinema.models.layers import Conv, eights
from kinema.models.means import FrameMean
from kinema.models.plan import Plan

NORM_EPS = 1e-3
HIDDEN = 2048  # channels before the classifier
NARROWER = 4  # times fewer channels in a gate's hidden layer


class SameConv(Conv):
    """A convolution that pads as TensorFlow does: no more pixels than its stride needs, after rather than before."""

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        pads = [side for axis in (4, 3) for side in same(
            x_NCTHW.shape[axis], self.kernel_size[axis - 2], self.stride[axis - 2])]
        frames = int(self.padding[0])
        return F.conv3d(F.pad(self.edge(x_NCTHW), pads), self.weight, None, self.stride, (frames, 0, 0), 1, self.groups)


def same(length: int, kernel: int, step: int) -> tuple[int, int]:
    """The padding before and after a row of pixels of which ceil(length / step) are to remain."""
    pad = max(kernel - (length % step or step), 0)
    return pad // 2, pad - pad // 2


class SamePool(nn.Module):
    """The mean of 3 x 3 pixels at every second one; what sticks out is not counted."""

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        pads = [side for axis in (4, 3) for side in same(x_NCTHW.shape[axis], 3, 2)]
        there = x_NCTHW.new_ones(1, 1, 1, *x_NCTHW.shape[3:])
        sums, counts = (F.avg_pool3d(F.pad(x, pads), (1, 3, 3), (1, 2, 2)) for x in (x_NCTHW, there))
        return sums / counts


class HardGate(nn.Module):
    """A sigmoid of straight lines: 0.2 x + 0.5, from 0 to 1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (0.2 * x + 0.5).clamp(0, 1)


@dataclass(frozen=True)
class Form:
    """Is a network for streams, and are its convolutions `split`, with activations of straight lines?

    `drop_path` is the chance with which a block's branch is left out in training.
    """

    stream: bool
    split: bool
    drop_path: float = 0.0

    @property
    def act(self) -> Callable[[], nn.Module]:
        """The activation between layers."""
        return nn.Hardswish if self.split else nn.SiLU


class ConvNorm(nn.Sequential):
    """A convolution, batch norm and activation; where they are `split` these three over pixels, and over frames."""

    def __init__(
        self, inputs: int, outputs: int, kernel: tuple[int, int], step: int, groups: int, form: Form,
        activation: Callable[[], nn.Module],
    ) -> None:
        frames, size = kernel
        kernels = [(1, size), (frames, 1)] if form.split and frames > 1 else [kernel]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for number, part in enumerate(kernels, start=1):
            stride = (1, step) if number == 1 else (1, 1)
            layers[f"conv{number}"] = SameConv(inputs, outputs, part, stride, groups, causal=form.stream)
            layers[f"bn{number}"] = nn.BatchNorm3d(outputs, eps=NORM_EPS)
            layers[f"act{number}"] = activation()
            inputs = outputs
        super().__init__(layers)


class Gate(nn.Module):
    """Multiply each channel by a weight from 0 to 1 that follows from the means of all channels.

    Of the whole clip; in a `stream` of this frame and of all so far.
    """

    def __init__(self, channels: int, form: Form) -> None:
        super().__init__()
        known = 2 if form.stream else 1
        narrow = eights(channels // NARROWER * known)
        self.stream, self.before = form.stream, SoFar()
        self.squeeze = nn.Conv3d(known * channels, narrow, 1)
        self.act = form.act()
        self.excite = nn.Conv3d(narrow, channels, 1)
        self.open = HardGate() if form.split else nn.Sigmoid()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        means = x_NCTHW.mean((3, 4), keepdim=True)
        means = torch.cat([self.before(means), means], dim=1) if self.stream else means.mean(2, keepdim=True)
        return x_NCTHW * self.open(self.excite(self.act(self.squeeze(means))))


class SoFar(FrameMean):
    """Of each frame and all before it, the mean."""

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        count_T = torch.arange(1, x_NCTHW.shape[2] + 1, device=x_NCTHW.device)
        return x_NCTHW.cumsum(2) / count_T[:, None, None]


class MoViNetBlock(nn.Module):
    """A branch that expands, convolves each channel alone, gates and projects; it starts at nothing and grows."""

    def __init__(self, inputs: int, outputs: int, width: int, kernel: tuple[int, int], step: int, form: Form) -> None:
        super().__init__()
        self.branch = nn.Sequential(OrderedDict(
            expand=ConvNorm(inputs, width, (1, 1), 1, 1, form, form.act),
            deep=ConvNorm(width, width, kernel, step, width, form, form.act),
            gate=Gate(width, form),
            project=ConvNorm(width, outputs, (1, 1), 1, 1, form, nn.Identity),
        ))
        self.drop_path = drop_path(form.drop_path)
        self.shortcut = nn.Sequential()
        if step > 1:
            self.shortcut.add_module("pool", SamePool())
        if step > 1 or inputs != outputs:
            self.shortcut.add_module("project", ConvNorm(inputs, outputs, (1, 1), 1, 1, form, nn.Identity))
        self.alpha = nn.Parameter(torch.zeros(()))  # of ReZero (Bachlechner et al., arXiv:2003.04887)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.shortcut(x_NCTHW) + self.drop_path(self.alpha * self.branch(x_NCTHW))


class MoViNet(nn.Module):
    """A MoViNet (Kondratyuk et al., arXiv:2103.11511): clip_NCTHW -> features_NCTHW, of one place and frame.

    A `stream` never looks ahead: its convolutions over frames are causal, gates and the last pool know the frames so
    far, and the answer is that after the clip's last frame. A causal network is one too. Convolutions are `split` in a
    stream, and whole otherwise, when nothing is said.
    """

    def __init__(self, size: Size, plan: Plan, stream: bool = False, split: bool | None = None) -> None:
        super().__init__()
        stream = stream or plan.temporal(0, 1).causal
        form = Form(stream, stream if split is None else split)
        inputs = size.stem
        self.stem = ConvNorm(plan.channels, inputs, (1, 3), 2, 1, form, form.act)
        self.stages, block, count = nn.Sequential(), 0, sum(len(blocks(text)) for _, _, text in size.stages)
        for outputs, step, text in size.stages:
            stage = nn.Sequential()
            for index, (width, frames, pixels) in enumerate(blocks(text)):
                own = replace(form, drop_path=plan.drop_path_at(block, count))
                stage.append(MoViNetBlock(inputs, outputs, width, (frames, pixels), 1 if index else step, own))
                inputs, block = outputs, block + 1
            self.stages.append(stage)
        self.last = ConvNorm(inputs, size.last, (1, 1), 1, 1, form, form.act)
        self.hidden = nn.Conv3d(size.last, HIDDEN, 1)
        self.act = nn.SiLU()
        self.average = FrameMean()
        self.channels = HIDDEN

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.last(self.stages(self.stem(clip_NCTHW)))
        # after the last frame, all is what is known so far
        return self.act(self.hidden(self.average(x_NCTHW.mean((3, 4), keepdim=True))))
