"""3-D residual networks (Tran et al., arXiv:1711.11248; Hara et al., arXiv:1711.09577), in all or some stages.

R3D, MCx and rMCx are one module: `stages` says which stages see time.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.layers import Conv, Pool
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal

FRAMES = 3
STEM_POOLS = {"none": 0, "pixels": 1, "frames": 3}  # frames that the stem's pool covers


@dataclass(eq=False)
class R3D(Temporal):
    """Every convolution over pixels also covers three frames, in the `stages` named (0 is the stem).

    The stem covers `stem_frames`, steps over `stem_step` of them, and has no pool (`stem_pool` "none"), one over
    "pixels" or one that halves the "frames" too. With `-tp` the convolutions stride: `steps` are the frames that make
    one in each of stages 1 to 4.
    """

    stages: tuple[int, ...] = (0, 1, 2, 3, 4)
    stem_frames: int = FRAMES
    stem_pool: str = "none"
    stem_step: int = 1
    steps: tuple[int, ...] = (1, 2, 2, 2)

    strides: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.stem_pool not in STEM_POOLS:
            raise ModelError(f"stem_pool={self.stem_pool!r} is unknown; it is one of {', '.join(STEM_POOLS)}."
                             f"{nearest(self.stem_pool, STEM_POOLS)}")
        whole = all(isinstance(step, int) and 1 <= step <= FRAMES for step in (self.stem_step, *self.steps))
        if not whole or len(self.steps) != 4:
            raise ModelError(f"stem_step={self.stem_step!r}, steps={self.steps!r}: expected numbers of frames, 1 to "
                             f"{FRAMES}, one for the stem and one for each of four stages.")
        if self.stem_frames < self.stem_step:
            raise ModelError(f"stem_frames={self.stem_frames}: expected {self.stem_step} or more.")

    def stem(self, inputs: int, outputs: int, size: int, pool: bool, place: Place) -> nn.Module:
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv=self.conv(inputs, outputs, size, (self.stem_step, 2), place.at("stem")),
            bn=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
            relu=nn.ReLU(),
        )
        if pool and self.stem_pool != "none":
            layers["pool"] = Pool("max", (STEM_POOLS[self.stem_pool], 3), (self.pool_step, 2), causal=self.causal)
        return nn.Sequential(layers)

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        return Conv(inputs, outputs, (self.frames(size, place), size), stride, groups, self.causal)

    def frames(self, size: int, place: Place) -> int:
        """How many frames a convolution covers here."""
        if size == 1 or place.stage not in self.stages:
            return 1
        return self.stem_frames if place.name == "stem" else FRAMES

    @property
    def pool_step(self) -> int:
        """How many frames the stem's pool steps over."""
        return 2 if self.stem_pool == "frames" else 1

    def step(self, stage: int, tp: bool) -> int:
        if stage == 0:
            return self.stem_step * self.pool_step
        return self.steps[stage - 1] if tp else 1


@dataclass(eq=False)
class MC3(R3D):
    """Mixed convolutions: the stem and the first stage see three frames, the other stages each frame alone."""

    stages: tuple[int, ...] = (0, 1)
