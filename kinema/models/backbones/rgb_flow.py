"""Two-stream I3D (Carreira and Zisserman, arXiv:1705.07750): one network for colour, one for optical flow.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from dataclasses import replace

import torch
from torch import nn

from kinema.models.backbones.inception import NORM_EPS, Form, Inception
from kinema.models.clip import CHANNELS
from kinema.models.plan import Plan

STREAMS = ("rgb", "flow")  # their order in the clip


class RGBFlow(nn.Module):
    """clip_NCTHW of colour and flow -> features_NCTHW of both streams side by side.

    The classifier is linear, so the mean of two streams' scores is that of one classifier over both, with half of each
    one's weights.
    """

    def __init__(
        self, form: Form, plan: Plan, same: bool = False, norm_eps: float = NORM_EPS, far_pools: bool = False,
    ) -> None:
        super().__init__()
        self.streams = nn.ModuleDict({
            name: Inception(form, replace(plan, channels=CHANNELS[name]), same, norm_eps, far_pools)
            for name in STREAMS})
        bodies = [*self.streams.values()]
        self.channels: int = sum(body.channels for body in bodies)  # type: ignore[misc]
        self.frames = bodies[0].frames

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        parts = clip_NCTHW.split([CHANNELS[name] for name in STREAMS], dim=1)
        return torch.cat([body(part) for body, part in zip(self.streams.values(), parts, strict=True)], dim=1)
