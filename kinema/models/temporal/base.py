"""Where time enters a network: the questions a backbone asks, and the answers that do nothing.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import nn

from kinema.models.layers import Conv, Pool


@dataclass(frozen=True)
class Habits:
    """What a backbone's published 3-D forms each do their own way."""

    stem_frames: int = 3  # frames that the stem's convolution covers in i3d
    norm_eps: float = 1e-5  # added to the variance by batch norm
    time_bias: bool = False  # has s3d's convolution over frames a bias?


@dataclass(frozen=True)
class Place:
    """Where in a network a question is asked from."""

    block: int  # of all blocks, counted from 0
    blocks: int
    stage: int  # 0 is the stem, 1 to 4 the stages, each at half the size of the one before
    index: int  # of the blocks of this stage, counted from 0
    frames: int  # that a clip has here
    habits: Habits
    name: str = "block"  # or, for a convolution: "stem", or the "first", "middle" or "last" of its block

    def at(self, name: str) -> "Place":
        """The same place, seen from one of the block's convolutions."""
        return replace(self, name=name)


@dataclass(eq=False)
class Temporal:
    """How the blocks of a backbone see neighbouring frames. By default they do not: each frame is seen alone.

    A module overrides one of the questions below; its fields are the options that `create_model` takes for it.
    `causal` modules never look at later frames.
    """

    causal: bool = False

    QUESTIONS: ClassVar = ("before", "conv", "gate", "after", "pool")
    strides: ClassVar[bool] = False  # do its convolutions halve the frames (`-tp`) themselves?

    def before(self, channels: int, place: Place) -> nn.Module:
        """What a block's branch sees its input through (after the block where there is no shortcut)."""
        return nn.Identity()

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        """A convolution of a block or of the stem, over `size` x `size` pixels; `stride` is (frames, pixels)."""
        return Conv(inputs, outputs, size, stride, groups=groups)

    def gate(self, channels: int, place: Place) -> nn.Module:
        """What stands at the end of a block's branch, before the addition."""
        return nn.Identity()

    def after(self, channels: int, place: Place) -> nn.Module:
        """What stands after a block."""
        return nn.Identity()

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        """A pool between stages over `size` x `size` pixels, asked for by backbones that pool there; `stride` as in conv."""
        pixels = PixelPool(size, stride[1])
        return pixels if stride[0] == 1 else nn.Sequential(pixels, temporal_pool(method, self.causal))


class PixelPool(nn.MaxPool3d):
    """The greatest of `size` x `size` pixels; windows that stick out at the end count, as published with Inception."""

    def __init__(self, size: int, stride: int) -> None:
        super().__init__((1, size, size), (1, stride, stride), (0, size // 2, size // 2) if stride == 1 else 0, ceil_mode=True)


def temporal_pool(method: str, causal: bool) -> Pool:
    """Halve the frames, each that remains covering three: the `-tp` of a name."""
    return Pool(method, 1, (2, 1), frames=3, causal=causal)
