"""Separated convolutions: over pixels, then over frames (Xie et al., arXiv:1712.04851)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import FarPool, Pool
from kinema.models.options import choose
from kinema.models.plan import Place
from kinema.models.same import SamePool, convolution
from kinema.models.temporal.base import Temporal
from kinema.models.transformer.attention import Heads
from kinema.models.transformer.spacetime import ByHeads, Divided

FRAMES = 3
SPLITS = ("time_space", "space_time", "heads")


@dataclass(eq=False)
class S3D(Temporal):
    """Every convolution over pixels is followed by one over three frames (`depthwise`: each channel for itself).

    The stem covers pixels and frames at once where the backbone's habit is so, as it is of those of the study. In a
    transformer, attention is separated: `split` is "time_space" (over frames, then within them, as in TimeSformer),
    "space_time" (as in ViViT's model 3) or "heads" (half of them see time, the others space: ViViT's model 4).
    """

    depthwise: bool = False
    split: str = "time_space"

    strides: ClassVar[bool] = True

    def __post_init__(self) -> None:
        choose("split", self.split, SPLITS)

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        kind, stem = convolution(place), place.name == "stem"
        if size == 1 or (stem and not place.habits.stem_split):
            return kind(inputs, outputs, (1 if size == 1 else FRAMES, size), stride, groups, self.causal)
        taps = place.habits.stem_frames if stem else FRAMES
        time = kind(outputs, outputs, (taps, 1), (stride[0], 1), outputs if self.depthwise else 1, self.causal)
        if place.habits.time_bias:
            time.bias = nn.Parameter(torch.zeros(outputs))
        return nn.Sequential(OrderedDict(
            space=kind(inputs, outputs, (1, size), (1, stride[1]), groups),
            norm=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
            relu=nn.ReLU(),
            time=time,
        ))

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        frames = 1 if place.name == "stem" else size
        if place.habits.same:
            return SamePool(method, (frames, size), stride, self.causal)
        if place.habits.far_pools:
            return FarPool(method, (frames, size), stride, self.causal)
        return Pool(method, (frames, size), stride, padded=size > 2, causal=self.causal)

    def attend(self, heads: Heads, place: Place) -> nn.Module:
        if self.causal:
            raise ModelError("Attention over frames cannot be causal here. Nearest: tsm.")
        return ByHeads(heads) if self.split == "heads" else Divided(heads, time_first=self.split == "time_space")
