"""Edges as TensorFlow pads them ("SAME"): told by the length of each clip, and uneven where the padding is odd.

Axes in names: N clips, C channels, T frames, H rows, W columns. Kernels and strides are (frames, pixels).
"""

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.layers import Conv, Past, joined
from kinema.models.plan import Place


class SamePad(nn.Module):
    """Surround x_NCTHW so that windows `stride` apart cover it with the least padding, the odd one at the end.

    Causal: the frames are all padded before, but for those within the last stride.
    """

    def __init__(self, kernel: tuple[int, int], stride: tuple[int, int], causal: bool, fill: float = 0.0) -> None:
        super().__init__()
        self.kernel, self.stride = (kernel[0], kernel[1], kernel[1]), (stride[0], stride[1], stride[1])
        self.causal, self.fill = causal, fill
        self.repeats = False  # are the first and the last frame seen again beyond the edges?

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """One more frame, after those remembered and before what is missing until the operator's next step."""
        (kernel, *_), (stride, *_) = self.kernel, self.stride
        if kernel < stride:
            return type(self).forward(self, x_NC1HW), ()
        x_NC1HW = F.pad(x_NC1HW, self.around(x_NC1HW)[:4], value=self.fill)
        return joined(x_NC1HW, past, kernel - stride, stride - 1, None if self.repeats else self.fill)

    def around(self, x_NCTHW: torch.Tensor) -> list[int]:
        """How much is padded: columns, rows and frames, before and after."""
        pads: list[int] = []
        for length, kernel, stride in zip(x_NCTHW.shape[2:], self.kernel, self.stride, strict=True):
            left = length % stride or stride
            need = max(kernel - left, 0)
            pads = [need // 2, need - need // 2, *pads]
        if self.causal:
            kernel, stride = self.kernel[0], self.stride[0]
            pads[4:] = [max(kernel - stride, 0), stride - 1]
        return pads

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        pads = self.around(x_NCTHW)
        if self.repeats and any(pads[4:]):
            x_NCTHW = F.pad(x_NCTHW, (0, 0, 0, 0, *pads[4:]), mode="replicate")
            pads[4:] = [0, 0]
        return F.pad(x_NCTHW, pads, value=self.fill) if any(pads) else x_NCTHW


class SameConv(Conv):
    """A convolution without bias, padded with zeros as TensorFlow does."""

    def __init__(
        self, inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), groups: int = 1,
        causal: bool = False,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups, causal)
        self.edge, self.padding = SamePad(kernel, stride, causal), (0, 0, 0)


class SamePool(nn.Module):
    """The greatest ("max") or the mean ("avg", padding counted) of the frames and pixels of its `kernel`."""

    def __init__(self, method: str, kernel: tuple[int, int], stride: tuple[int, int], causal: bool = False) -> None:
        super().__init__()
        self.edge = SamePad(kernel, stride, causal, fill=float("-inf") if method == "max" else 0.0)
        self.method = method

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        pool = F.max_pool3d if self.method == "max" else F.avg_pool3d
        return pool(self.edge(x_NCTHW), self.edge.kernel, self.edge.stride)

    def extra_repr(self) -> str:
        return f"{self.method}, kernel={self.edge.kernel}, stride={self.edge.stride}"


def convolution(place: Place) -> type[Conv]:
    """The kind of convolution that a place of a backbone has: one padded evenly, or as TensorFlow does."""
    return SameConv if place.habits.same else Conv
