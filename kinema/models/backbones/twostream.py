"""Two-stream networks: one network for what things look like, one for how they move.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.backbones.cnn import CNN
from kinema.models.clip import CHANNELS
from kinema.models.layers import Conv
from kinema.models.means import FrameMax, Mean
from kinema.models.plan import Plan

INPUT = "rgb+flow_stack"
FUSIONS = ("average", "linear", "conv3d")


class TwoStream(nn.Module):
    """A spatial network on the frames of a clip and a temporal one on the stack of optical flow beside each.

    Clips are N 23 T H W: colour, then ten fields of flow (to the right, down; to the right, down; ...). `fusion` says
    how the streams meet. "average": the logits are the mean of those of both streams (Simonyan and Zisserman,
    arXiv:1406.2199, who average scores); the one classifier over features side by side holds both classifiers, each
    halved. "linear": a linear layer and a ReLU over features side by side, before the classifier. "conv3d": a
    convolution over 3 x 3 x 3 places of both streams' last convolutional features, and the greatest over all frames
    (Feichtenhofer et al., arXiv:1604.06573); it makes `fused` channels, or as many as fully connected layers expect.
    """

    def __init__(
        self, build: Callable[[Plan], nn.Module], plan: Plan, fusion: str = "average", fused: int = 512
    ) -> None:
        super().__init__()
        if fusion not in FUSIONS:
            raise ModelError(f"A two-stream network's fusion is {fusion!r}; it must be one of {', '.join(FUSIONS)}."
                             f"{nearest(fusion, FUSIONS)}")
        if plan.channels != CHANNELS[INPUT]:
            raise ModelError(f"A two-stream network takes clips of {CHANNELS[INPUT]} channels, not {plan.channels}: "
                             f"create it with a clip whose input is {INPUT!r}.")
        colours = CHANNELS["rgb"]
        space, time = (build(replace(plan, channels=channels)) for channels in (colours, plan.channels - colours))
        self.colours, self.frames = colours, int(getattr(space, "frames", plan.frames))
        self.channels = int(space.channels)  # type: ignore[arg-type]
        self.top: nn.Module = nn.Identity()
        self.fuse: nn.Module = nn.Identity()
        if fusion == "average":
            self.channels *= 2
        elif fusion == "linear":
            self.fuse = Linear(2 * self.channels, self.channels)
        else:
            inputs, self.channels, self.frames = self.channels, fused, 1
            if isinstance(space, CNN) and isinstance(time, CNN):
                inputs = fused = space.trunk_channels
                self.channels, self.top = space.channels, space.top
                space, time = space.trunk, time.trunk
            self.fuse = Volume(2 * inputs, fused, plan.temporal(0, 1).causal)
        self.space, self.time = space, time

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        colour, flow = clip_NCTHW[:, : self.colours], clip_NCTHW[:, self.colours :]
        return self.top(self.fuse(torch.cat([self.space(colour), self.time(flow)], dim=1)))


class Linear(nn.Module):
    """features_NCTHW -> features_NC111: their mean through a linear layer and a ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.mean, self.layer, self.relu = Mean(inputs), nn.Linear(inputs, outputs), nn.ReLU()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.relu(self.layer(self.mean(x_NCTHW)))[..., None, None, None]


class Volume(nn.Module):
    """features_NCTHW -> features_NC1HW: a convolution over frames and pixels, and the greatest over all frames."""

    def __init__(self, inputs: int, outputs: int, causal: bool) -> None:
        super().__init__()
        self.conv, self.relu = Conv(inputs, outputs, (3, 3), causal=causal), nn.ReLU()
        self.conv.bias = nn.Parameter(torch.zeros(outputs))
        self.most = FrameMax()

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return self.most(self.relu(self.conv(x_NCTHW)))
