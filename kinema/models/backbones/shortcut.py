"""What stands beside a residual block's branch where that changes the shape of its input."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError, nearest
from kinema.models.layers import Past
from kinema.models.plan import Place
from kinema.models.temporal import Temporal

SHORTCUTS = ("projected", "padded", "cut")


def make_shortcut(inputs: int, outputs: int, stride: tuple[int, int], temporal: Temporal, place: Place) -> nn.Module:
    """A projection (B of He et al., arXiv:1512.03385), or what has no weights (A): the backbone's habit says which."""
    kind = place.habits.shortcut
    if kind not in SHORTCUTS:
        raise ModelError(f"shortcut={kind!r} is unknown; it is one of {', '.join(SHORTCUTS)}."
                         f"{nearest(kind, SHORTCUTS)}")
    if kind != "projected":
        return Padded(outputs, stride, kind == "cut")
    return nn.Sequential(OrderedDict(
        conv=temporal.project(inputs, outputs, stride, place),
        bn=nn.BatchNorm3d(outputs, eps=place.habits.norm_eps),
    ))


class Padded(nn.Module):
    """Every `stride`-th frame and pixel of x_NCTHW, and zeros for the channels that are new.

    Where it is `cut` no gradient passes: so do Hara's networks (arXiv:1711.09577) learn.
    """

    def __init__(self, outputs: int, stride: tuple[int, int], cut: bool) -> None:
        super().__init__()
        self.outputs, self.stride, self.cut = outputs, stride, cut

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        frames, pixels = self.stride
        few = (x_NCTHW.detach() if self.cut else x_NCTHW)[:, :, ::frames, ::pixels, ::pixels]
        return F.pad(few, (0, 0, 0, 0, 0, 0, 0, self.outputs - few.shape[1]))

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """The first frame of a step stands for all of it."""
        kept_NC1HW = past[0] if count % self.stride[0] else x_NC1HW
        return type(self).forward(self, kept_NC1HW), (kept_NC1HW,) if self.stride[0] > 1 else ()

    def extra_repr(self) -> str:
        return f"outputs={self.outputs}, stride={self.stride}, cut={self.cut}"
