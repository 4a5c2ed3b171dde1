"""Early fusion (Karpathy et al., "Large-scale Video Classification with Convolutional Neural Networks", 2014)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from kinema.models.options import at_least
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.single import Middle, not_causal, unpadded


@dataclass(eq=False)
class Early(Temporal):
    """The first convolution covers the middle `span` frames of a clip, and what follows sees one picture.

    Where the network is created for fewer frames than `span`, it covers those.
    """

    span: int = 10

    tp: ClassVar[bool] = False

    def __post_init__(self) -> None:
        not_causal("early", self.causal)
        at_least("early", 1, "10, a third of a second, is usual", span=self.span)

    def kept(self, frames: int) -> int:
        return 1

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        if place.name != "stem":
            return super().conv(inputs, outputs, size, stride, place, groups)
        span = min(self.span, place.frames)
        return nn.Sequential(Middle(span), unpadded(inputs, outputs, (span, size), stride, groups))
