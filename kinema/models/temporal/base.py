"""Where time enters a network: the questions a backbone asks, and the answers that do nothing.

Axes in names: N clips, C channels, T frames, H rows, W columns. Strides are (frames, pixels).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from kinema.models.layers import Conv, Pool, pixel_pool, temporal_pool
from kinema.models.means import Mean
from kinema.models.plan import Place
from kinema.models.same import SamePool, convolution
from kinema.models.transformer.attention import Heads
from kinema.models.transformer.spacetime import Within

DEEP = 33  # blocks of a resnet101, the shallowest network in which only every second block shifts


@dataclass(eq=False)
class Temporal:
    """How the blocks of a backbone see neighbouring frames. By default they do not: each frame is seen alone.

    A module overrides one of the questions below; its fields are the options that `create_model` takes for it. A
    `causal` module never looks at later frames.
    """

    causal: bool = False

    QUESTIONS: ClassVar = (
        "kept", "stem", "before", "conv", "project", "attend", "gate", "after", "pool", "step", "time_pool", "readout",
    )
    strides: ClassVar[bool] = False  # do its convolutions do the steps over frames themselves? Else a pool does
    order_aware: ClassVar[bool] = True  # does the order of the frames change the answer?
    looks_back: ClassVar[bool] = False  # does it never see a later frame, causal or not?
    sized: ClassVar[tuple[str, ...]] = ()  # "frames" or "size", where weights are sized by it: other clips are refused
    tp: ClassVar[bool] = True  # can frames be pooled between stages too, the `-tp` of a name?

    def kept(self, frames: int) -> int:
        """How many of a clip's frames reach the blocks, where the stem picks or merges some."""
        return frames

    def stem(self, inputs: int, outputs: int, size: int, pool: bool, place: Place) -> nn.Module:
        """What the first block stands on: a convolution at half the size, and with `pool` a pool at half of that."""
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv=self.conv(inputs, outputs, size, (1, 2), place.at("stem")),
            bn=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
            relu=nn.ReLU(),
        )
        if pool:
            layers["pool"] = Pool("max", (1, 3), (1, 2))
        return nn.Sequential(layers)

    def before(self, channels: int, place: Place) -> nn.Module:
        """What a block's branch sees its input through (where there is no shortcut: what follows the block)."""
        return nn.Identity()

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        """A convolution of a block or of the stem, over `size` x `size` pixels."""
        return convolution(place)(inputs, outputs, (1, size), stride, groups)

    def project(self, inputs: int, outputs: int, stride: tuple[int, int], place: Place) -> nn.Module:
        """What gives a block's shortcut the shape of its branch."""
        return Conv(inputs, outputs, (1, 1), stride)

    def gate(self, channels: int, place: Place) -> nn.Module:
        """What stands at the end of a block's branch, before the addition."""
        return nn.Identity()

    def after(self, channels: int, place: Place) -> nn.Module:
        """What stands after a block."""
        return nn.Identity()

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        """A pool over `size` x `size` pixels, asked for by backbones that pool within or between stages."""
        pixels = SamePool("max", (1, size), (1, stride[1])) if place.habits.same else pixel_pool(size, stride[1])
        return pixels if stride[0] == 1 else nn.Sequential(pixels, temporal_pool(method, self.causal))

    def step(self, stage: int, tp: bool) -> int:
        """How many frames of the stage before make one of this stage; stage 0 is the stem. `tp` is that of the name."""
        return 2 if tp and stage > 1 else 1

    def time_pool(self, method: str, place: Place) -> nn.Module:
        """The pool that halves the frames before a stage, where convolutions do not stride."""
        return temporal_pool(method, self.causal)

    def readout(self, channels: int, frames: int) -> nn.Module:
        """What turns the last features_NCTHW into one row a clip (N D); its `channels` are D."""
        return Mean(channels)

    def attend(self, heads: Heads, place: Place) -> nn.Module:
        """The attention of a transformer's block, with the norm before it and the addition after it."""
        return Within(heads)


def sits_out(place: Place) -> bool:
    """Is this a block without a shift? In deep networks, as published, every second one of a stage is.

    Where shortcuts see shifted channels too, none is.
    """
    return place.blocks >= DEEP and place.index % 2 == 1 and place.habits.before == "branch"
