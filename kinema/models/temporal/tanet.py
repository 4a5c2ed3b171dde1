"""The temporal adaptive module of TANet (Liu et al., arXiv:2005.06803), which is not `tam`."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import TimePad
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

TAPS = 3


@dataclass(eq=False)
class TANet(Temporal):
    """Before a block's convolution over pixels, its channels are weighted and then blended over three frames.

    Both the weight of each channel and frame and the three weights of each channel's blend are read off the clip
    itself: `widen` is how many times the frames the blend's hidden layer has, `narrow` by how much the channels of the
    weights' hidden layer are fewer.
    """

    widen: int = 2
    narrow: int = 4

    sized: ClassVar[tuple[str, ...]] = ("frames",)

    def __post_init__(self) -> None:
        if self.causal:
            raise ModelError("tanet cannot be causal: it reads the whole clip to tell how frames blend. Nearest: tam.")
        at_least("tanet", 1, widen=self.widen, narrow=self.narrow)

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        plain = super().conv(inputs, outputs, size, stride, place, groups)
        if size == 1 or place.name in ("stem", "first"):
            return plain
        adapt = Adapt(inputs, place.frames, self.widen * place.frames, max(inputs // self.narrow, 1))
        return nn.Sequential(OrderedDict(adapt=adapt, conv=plain))


class Adapt(nn.Module):
    """Weigh every channel in every frame, then blend each with its neighbouring frames.

    The blend is told by layers sized by the number of frames, so the network takes clips of that length only.
    """

    def __init__(self, channels: int, frames: int, wide: int, narrow: int) -> None:
        super().__init__()
        self.frames, self.edge = frames, TimePad(1, 1)
        self.blend = nn.Sequential(
            nn.Linear(frames, wide, bias=False), nn.BatchNorm1d(wide), nn.ReLU(), nn.Linear(wide, TAPS, bias=False),
        )
        self.weigh = nn.Sequential(
            nn.Conv1d(channels, narrow, TAPS, padding=TAPS // 2, bias=False), nn.BatchNorm1d(narrow), nn.ReLU(),
            nn.Conv1d(narrow, channels, 1, bias=False),
        )

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if x_NCTHW.shape[2] != self.frames:
            raise ModelError(f"This tanet network takes {self.frames} frames here, not {x_NCTHW.shape[2]}: its weights "
                             "are sized by them. Create it with the frames of your clips.")
        means_NCT = x_NCTHW.mean((3, 4))
        weights_NCT = self.weigh(means_NCT).sigmoid()
        blend_NC3 = self.blend(means_NCT.flatten(0, 1)).softmax(-1).unflatten(0, means_NCT.shape[:2])
        before, here, after = (tap[..., None, None, None] for tap in blend_NC3.unbind(-1))
        around = self.edge(x_NCTHW * weights_NCT[..., None, None])
        return around[:, :, 1:-1] * here + around[:, :, :-2] * before + around[:, :, 2:] * after
