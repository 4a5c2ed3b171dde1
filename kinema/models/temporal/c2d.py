"""The 2-D network of Wang et al. (arXiv:1711.07971): frames meet in one pool, and in the average of their scores."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from kinema.models.layers import Pool, pair_pool
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

HALVED = 2  # the stage before which frames are halved


@dataclass(eq=False)
class Halving(Temporal):
    """With `halve` the greater of each two frames goes on after the first stage (also where the name ends in -tp)."""

    halve: bool = True

    def stem_step(self) -> int:
        """How many frames of the clip make one after the stem."""
        return 1

    def step(self, stage: int, tp: bool) -> int:
        if stage == 0:
            return self.stem_step()
        return 2 if self.halve and stage == HALVED else super().step(stage, tp)

    def time_pool(self, method: str, place: Place) -> nn.Module:
        halved = self.halve and place.stage == HALVED
        return pair_pool(self.causal) if halved else super().time_pool(method, place)

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        if not self.halve or place.stage + 1 != HALVED or stride[1] == 1:
            return super().pool(size, stride, method, place)
        return nn.Sequential(super().pool(size, (1, stride[1]), method, place), pair_pool(self.causal))


@dataclass(eq=False)
class C2D(Halving):
    """Each frame alone, but that the greater of each two goes on after the first stage (not `halve`: tsn).

    Without `pool_padded` the stem's pool stays inside the picture, as MMAction2 has it.
    """

    pool_padded: bool = True

    order_aware: ClassVar[bool] = False

    def stem(self, inputs: int, outputs: int, size: int, pool: bool, place: Place) -> nn.Module:
        layers = super().stem(inputs, outputs, size, pool, place)
        if pool and not self.pool_padded:
            layers.pool = Pool("max", (1, 3), (1, 2), padded=False)
        return layers
