"""The 3-D ResNets of Wang et al. (arXiv:1711.07971): convolutions over frames in some blocks. Not `i3d`.

Also as published by PySlowFast, PyTorchVideo, GluonCV and MMAction2, which strides the stem over frames.
"""

from dataclasses import dataclass

from torch import nn

from kinema.models.layers import Conv, Pool
from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.c2d import Halving
from kinema.models.temporal.pattern import check_patterns, picks

FRAMES = 3


@dataclass(eq=False)
class I3DFair(Halving):
    """The first convolution of some blocks also covers three frames, the stem's `stem_frames`.

    `inflate` picks the blocks, by one pattern a stage ("10": every second one, from the first). In `heavy` networks it
    is the picked blocks' 3x3 convolutions that cover three frames. The stem's convolution takes every `conv_step`-th
    frame and its pool every `pool_step`-th of those; with `halve` they are halved once more after the first stage.
    """

    inflate: tuple[str, ...] = ("1", "10", "10", "01")
    heavy: bool = False
    stem_frames: int = 5
    conv_step: int = 1
    pool_step: int = 1

    def __post_init__(self) -> None:
        check_patterns("inflate", self.inflate)
        at_least("i3d_fair", 1, stem_frames=self.stem_frames, conv_step=self.conv_step, pool_step=self.pool_step)

    def stem_step(self) -> int:
        return self.conv_step * self.pool_step

    def stem(self, inputs: int, outputs: int, size: int, pool: bool, place: Place) -> nn.Module:
        step = (self.conv_step, self.pool_step) if pool else (self.stem_step(), 1)
        layers = super().stem(inputs, outputs, size, False, place)
        layers.conv = Conv(inputs, outputs, (self.stem_frames, size), (step[0], 2), causal=self.causal)
        if pool:
            layers.add_module("pool", Pool("max", (1, 3), (step[1], 2)))
        return layers

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        seen = picks(self.inflate, place) and (size > 1 if self.heavy else place.name == "first")
        first = place.name == "stem" and place.block == 0
        frames = self.stem_frames if first else FRAMES if seen else 1
        return Conv(inputs, outputs, (frames, size), stride, groups, self.causal)
