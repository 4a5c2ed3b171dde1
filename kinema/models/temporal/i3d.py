"""Inflated convolutions (Carreira and Zisserman, arXiv:1705.07750)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from kinema.errors import ModelError
from kinema.models.layers import FarPool, Pool
from kinema.models.plan import Place
from kinema.models.same import SamePool, convolution
from kinema.models.temporal.base import Temporal
from kinema.models.transformer.attention import Heads
from kinema.models.transformer.spacetime import Joint

FRAMES = 3


@dataclass(eq=False)
class I3D(Temporal):
    """Every convolution over pixels also covers three frames, and so do the pools after the stem.

    In a transformer, attention covers all frames.
    """

    strides: ClassVar[bool] = True

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        dense = groups == 1  # who asks for one pixel of each channel alone asks for the sake of the frames
        frames = 1 if size == 1 and dense else place.habits.stem_frames if place.name == "stem" else FRAMES
        return convolution(place)(inputs, outputs, (frames, size), stride, groups, self.causal)

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        if place.habits.same:
            return SamePool(method, (1 if place.name == "stem" else size, size), stride, self.causal)
        frames = 1 if place.name == "stem" else FRAMES
        if place.habits.far_pools:
            return FarPool(method, (frames, size), stride, self.causal)
        return Pool(method, (frames, 3), stride, causal=self.causal)

    def attend(self, heads: Heads, place: Place) -> nn.Module:
        if self.causal:
            raise ModelError("Attention over all frames cannot be causal here. Nearest: tsm.")
        return Joint(heads)
