"""The layers every backbone is made of, and the one idea that owns the edges of time.

Axes in names: N clips, C channels, T frames, H rows, W columns. Kernels and strides are (frames, pixels).
"""

from operator import gt

import torch
from torch import nn
from torch.nn import functional as F


def eights(channels: float) -> int:
    """The multiple of eight nearest to a number of channels; never less than nine tenths of it."""
    near = max(int(channels + 4) // 8 * 8, 8)
    return near if near >= 0.9 * channels else near + 8


class TimePad(nn.Module):
    """Surround x_NCTHW with `before` and `after` frames that hold `fill`, or None: repeat the first and the last frame.

    Every layer that looks at neighbouring frames gets its edges here, and what stands at an edge is the business of
    this layer alone: around a clip, nothing. Who knows the frames before a clip can put them in the place of `before`.
    """

    def __init__(self, before: int, after: int, fill: float | None = 0.0) -> None:
        super().__init__()
        self.before, self.after, self.fill = before, after, fill

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        around = (0, 0, 0, 0, self.before, self.after)
        if self.fill is None:
            return F.pad(x_NCTHW, around, mode="replicate")
        return F.pad(x_NCTHW, around, value=self.fill)

    def extra_repr(self) -> str:
        return f"before={self.before}, after={self.after}, fill={self.fill}"


def edges(frames: int, stride: int, causal: bool, fill: float = 0.0) -> tuple[nn.Module, int]:
    """The edges of an operator over `frames` frames: what stands before it, and the operator's own padding in time.

    T frames become ceil(T / stride). Where both sides are alike the operator pads for itself, which saves a copy. A
    causal operator looks no further than the `stride` frames that its answer stands for.
    """
    if frames == 1:
        return nn.Identity(), 0
    if causal:
        return TimePad(frames - stride, stride - 1, fill), 0
    if frames % 2:
        return nn.Identity(), frames // 2
    return TimePad(frames // 2, frames // 2 - 1, fill), 0


class Conv(nn.Conv3d):
    """A convolution without bias over the frames and pixels of its `kernel`, padded with zeros."""

    def __init__(
        self, inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), groups: int = 1,
        causal: bool = False,
    ) -> None:
        (frames, size), (frame_step, step) = kernel, stride
        edge, own = edges(frames, frame_step, causal)
        super().__init__(inputs, outputs, (frames, size, size), (frame_step, step, step), (own, size // 2, size // 2),
                         groups=groups, bias=False)
        self.edge = edge

    def reset_parameters(self) -> None:
        """Draw weights that keep the spread of what goes through (He et al., arXiv:1502.01852)."""
        if not self.weight.is_meta:
            nn.init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return super().forward(self.edge(x_NCTHW))


class Pool(nn.Module):
    """The greatest ("max") or the mean ("avg", padding counted) of the frames and pixels of its `kernel`.

    Without `padded` a pool stays inside the clip. One that is larger than the clip takes all of it.
    """

    def __init__(
        self, method: str, kernel: tuple[int, int], stride: tuple[int, int], padded: bool = True, causal: bool = False
    ) -> None:
        super().__init__()
        (frames, size), (frame_step, step) = kernel, stride
        edge, own = edges(frames, frame_step, causal, fill=float("-inf") if method == "max" else 0.0)
        self.edge, own = (edge, own) if padded or causal else (nn.Identity(), 0)
        pixels = size // 2 if padded else 0
        self.method, self.stride = method, (frame_step, step, step)
        self.kernel, self.padding = (frames, size, size), (own, pixels, pixels)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.edge(x_NCTHW)
        room = [length + 2 * pad for length, pad in zip(x_NCTHW.shape[2:], self.padding, strict=True)]
        pool = F.max_pool3d if self.method == "max" else F.avg_pool3d
        kernel, padding = tuple(map(min, self.kernel, room)), self.padding
        if self.method == "avg" and any(map(gt, kernel, x_NCTHW.shape[2:])):  # torch refuses it, however padded
            x_NCTHW = F.pad(x_NCTHW, [pad for pad in reversed(padding) for _ in range(2)])
            padding = (0, 0, 0)
        return pool(x_NCTHW, kernel, self.stride, padding)

    def extra_repr(self) -> str:
        return f"{self.method}, kernel={self.kernel}, stride={self.stride}, padding={self.padding}"


class FarPool(Pool):
    """As Pool; but windows that step over pixels stick out at the far edges alone, as published with Inception."""

    def __init__(self, method: str, kernel: tuple[int, int], stride: tuple[int, int], causal: bool = False) -> None:
        super().__init__(method, kernel, stride, causal=causal)
        if stride[1] > 1:
            self.padding = (self.padding[0], 0, 0)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        (_, size, _), (_, step, _) = self.kernel, self.stride
        high, wide = ((size - length) % step for length in x_NCTHW.shape[3:])
        fill = float("-inf") if self.method == "max" else 0.0
        return super().forward(F.pad(x_NCTHW, (0, wide, 0, high), value=fill) if step > 1 else x_NCTHW)


def temporal_pool(method: str, causal: bool) -> Pool:
    """Halve the frames, each that remains covering three: the `-tp` of a name."""
    return Pool(method, (3, 1), (2, 1), causal=causal)


def pair_pool(causal: bool) -> Pool:
    """Halve the frames, each that remains covering two; a last one without another is dropped, unless it is alone."""
    return Pool("max", (2, 1), (2, 1), padded=False, causal=causal)


def pixel_pool(size: int, step: int) -> nn.MaxPool3d:
    """The greatest of `size` x `size` pixels; at the far edges windows may stick out, as published with Inception."""
    padding = size // 2 if step == 1 else 0
    return nn.MaxPool3d((1, size, size), (1, step, step), (0, padding, padding), ceil_mode=True)


class Mean(nn.Module):
    """The mean of all places and frames: features_NCTHW -> features_ND."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return x_NCTHW.mean((3, 4)).mean(2)


class Windows(nn.Module):
    """The means of all windows of `size` x `size` places, one place each, in maps with more than that (0: never).

    Networks that were trained on clips of one size and classified one window are shown larger ones so.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        rows, columns = (min(self.size, side) for side in x_NCTHW.shape[3:])
        return F.avg_pool3d(x_NCTHW, (1, rows, columns), 1) if 0 < self.size < max(x_NCTHW.shape[3:]) else x_NCTHW

    def extra_repr(self) -> str:
        return f"size={self.size}"


def repeat_edges(network: nn.Module) -> None:
    """Let a network's layers see its first and last frame again beyond a clip's edges, instead of zeros.

    A clip of one picture then gives every layer the same picture in all frames.
    """
    for layer in list(network.modules()):
        if isinstance(layer, TimePad):
            layer.fill = None
        elif hasattr(layer, "repeats"):
            layer.repeats = True  # type: ignore[assignment]
        elif isinstance(layer, nn.Conv3d | Pool) and (own := int(layer.padding[0])):
            pad, layer.padding = TimePad(own, own, None), (0, *layer.padding[1:])
            if hasattr(layer, "edge"):
                layer.edge = pad
            else:
                layer.register_forward_pre_hook(BeforeIt(pad))


class BeforeIt:
    """What stands before a layer of torch's own."""

    def __init__(self, pad: TimePad) -> None:
        self.pad = pad

    def __call__(self, layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return self.pad(inputs[0])
