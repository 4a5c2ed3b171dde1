"""Pseudo-3-D residual networks (Qiu et al., arXiv:1711.10305)."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import Conv, Pool
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

FRAMES = 3
KINDS = "ABC"


@dataclass(eq=False)
class P3D(Temporal):
    """Every convolution over pixels has one over three frames after it (A), beside it (B) or as a branch of it (C).

    `kinds` are taken by turns, block after block. The last stage sees each frame alone. With `-tp` a pool over two
    frames stands before each stage but the first; with `stem_step` 2 the stem's pool takes two frames too.
    """

    kinds: str = KINDS
    stem_step: int = 1

    def __post_init__(self) -> None:
        if not self.kinds or not set(self.kinds) <= set(KINDS) or self.stem_step not in (1, 2):
            raise ModelError(f"p3d's kinds are {self.kinds!r} and its stem_step {self.stem_step}; expected letters of "
                             f"{KINDS}, and 1 or 2.")

    def stem(self, inputs: int, outputs: int, size: int, pool: bool, place: Place) -> nn.Module:
        stem = super().stem(inputs, outputs, size, False, place)
        if pool:
            assert isinstance(stem, nn.Sequential)
            stem.add_module("pool", FramesThenPixels(self.stem_step, self.causal))
        return stem

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if size == 1 or place.name == "stem" or place.stage == 4:
            return super().conv(inputs, outputs, size, stride, place, groups)
        kind = self.kinds[place.block % len(self.kinds)]
        return Pseudo(kind, Conv(inputs, outputs, (1, size), stride, groups),
                      Conv(inputs if kind == "B" else outputs, outputs, (FRAMES, 1),
                           stride if kind == "B" else (1, 1), causal=self.causal), place.habits.norm_eps)

    def step(self, stage: int, tp: bool) -> int:
        return self.stem_step if stage == 0 else super().step(stage, tp)

    def time_pool(self, method: str, place: Place) -> nn.Module:
        return Pool(method, (2, 1), (2, 1), padded=False, causal=self.causal)


class FramesThenPixels(nn.Sequential):
    """The greatest of `step` frames, then of 3 x 3 pixels at half the size."""

    def __init__(self, step: int, causal: bool) -> None:
        frames = nn.Identity() if step == 1 else Pool(
            "max", (step, 1), (step, 1), padded=False, causal=causal)
        super().__init__(OrderedDict(frames=frames, pixels=Pool("max", (1, 3), (1, 2))))


class Pseudo(nn.Module):
    """A convolution over pixels and one over frames, each with batch norm and ReLU: x_NCTHW -> y_NCTHW."""

    normed = True

    def __init__(self, kind: str, space: Conv, time: Conv, norm_eps: float) -> None:
        super().__init__()
        self.kind, self.space, self.time = kind, space, time
        self.space_norm = nn.BatchNorm3d(space.out_channels, eps=norm_eps)
        self.time_norm = nn.BatchNorm3d(time.out_channels, eps=norm_eps)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        still = self.space_norm(self.space(x_NCTHW)).relu()
        moving = self.time_norm(self.time(x_NCTHW if self.kind == "B" else still)).relu()
        return moving if self.kind == "A" else still + moving

    def extra_repr(self) -> str:
        return self.kind
