"""What a backbone is built for, and the places in it that a temporal module is asked about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kinema.models.temporal.base import Temporal


@dataclass(frozen=True)
class Plan:
    """What a backbone is built for: clips of so many channels, frames and pixels, and how time enters it.

    `temporal(block, blocks)` is the temporal module that a block asks. With `tp` the frames are halved three times, by
    `pool`: "max" or "avg". `drop_path` is the chance with which the last block's branch is left out in training.
    """

    channels: int
    frames: int
    height: int
    width: int
    temporal: "Callable[[int, int], Temporal]"
    tp: bool = False
    pool: str = "max"
    drop_path: float = 0.0

    def drop_path_at(self, block: int, blocks: int) -> float:
        """The chance of a block: 0 of the first, and from there linear to `drop_path` of the last."""
        return self.drop_path * block / max(blocks - 1, 1)


@dataclass(frozen=True)
class Habits:
    """What the published 3-D forms of a backbone each do their own way."""

    stem_frames: int  # that the stem's convolution covers in i3d
    norm_eps: float  # added to the variance by batch norm
    time_bias: bool  # has s3d's convolution over frames a bias?
    shortcut: str = "projected"  # how a shortcut gets the shape of its branch
    before: str = "branch"  # what of a block sees its input through what stands before it
    stride_first: bool = False  # is a bottleneck's stride in its first convolution, not in its middle one?
    groups: int = 1  # of channels that a bottleneck's middle convolution looks at by themselves
    gate_every: int = 1  # of how many blocks of a stage one has a gate, the first among them
    gate_eights: bool = False  # are the channels of a gate's hidden layer a multiple of eight?
    stem_split: bool = False  # does s3d separate the stem's convolution too?
    far_pools: bool = False  # do pools stick out at the far edges alone, as in image networks of Inception?
    same: bool = False  # are edges padded as TensorFlow does: no more than the stride needs, and the rest at the end?


@dataclass(frozen=True)
class Place:
    """Where in a network a question is asked from.

    Blocks are counted from 0. Stage 0 is the stem; stages 1 to 4 follow, each at half the size of the one before.
    """

    block: int
    blocks: int
    stage: int
    index: int  # of the block in its stage
    frames: int  # that a clip has here
    habits: Habits
    inputs: int = 0  # channels of the block's input
    name: str = "block"  # or, of a block's convolutions, the "first", "middle" or "last"; or the "stem"
    last: bool = False  # of its stage
    lead: bool = True  # of branches side by side: is this the first one that begins with a projection?
    parts: tuple[int, ...] = ()  # of branches side by side: the channels that each gives
    drop_path: float = 0.0  # the chance with which the block's branch is left out in training

    def at(self, name: str) -> "Place":
        """The same place, seen from one of the block's convolutions."""
        return replace(self, name=name)
