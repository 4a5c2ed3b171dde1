"""What the rows of the tables of networks are: backbones, and networks under the names they were published with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from kinema.models.clip import ClipSpec


@dataclass(frozen=True)
class Backbone:
    """A backbone by name.

    `build(plan, **options)` makes it. It is made for clips of `frames` and `size` pixels. A backbone that `asks` takes
    any temporal module and is listed with those in `modules` (none named: with all); one that does not has paths that
    meet in its own way, is named alone, and says here whether it is `order_aware`. `sized` names what its weights are
    sized by, "frames" or "size": clips of another one are refused. One that `looks` over frames itself is order-aware
    whatever its temporal module. `input` is the kind of clip that it is fed, of whose frames so many `neighbours` stand
    in a row. A `fitted` one has no weights for gradients to reach: training finds it in its own way.
    """

    build: Callable[..., nn.Module]
    paper: str
    frames: int = 8
    size: int = 224
    asks: bool = True
    modules: tuple[str, ...] = ()
    order_aware: bool = True
    sized: tuple[str, ...] = ()
    input: str = "rgb"
    looks: bool = False
    neighbours: int = 1
    fitted: bool = False


@dataclass(frozen=True)
class Published:
    """A network under the name it was published with: what kinema calls it, and the clip it was published for.

    `frames` are `stride` apart ("dense") or one from each equal part of a video, or some `neighbours` ("uniform");
    `size` is in pixels; `input` is what the clip is made of, as in ClipSpec.
    `order_aware` is said where the options change what the model's parts say.
    """

    model: str
    paper: str
    frames: int = 8
    stride: int = 1
    size: int = 224
    sampling: str = "dense"
    options: Mapping[str, Any] = field(default_factory=dict)
    order_aware: bool | None = None
    input: str = "rgb"
    neighbours: int = 1

    @property
    def clip(self) -> ClipSpec:
        """The clip as a network keeps it."""
        return ClipSpec(self.frames, self.size, self.size, self.sampling, self.stride, input=self.input,
                        neighbours=self.neighbours)
