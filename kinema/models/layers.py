"""The layers every backbone is made of, and the one idea that owns the edges of time.

Axes in names: N clips, C channels, T frames, H rows, W columns. Kernels and strides are (frames, pixels).

A layer that sees other frames than its own also says how it sees them in a stream: `follow` takes one frame x_NC1HW,
what the layer remembers of those before (at first nothing, ()) and how many there were; it gives the frame that
`forward` would end with on all of them, and what to remember.
"""

from operator import gt

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.kernels.convolve import convolve

Past = tuple[torch.Tensor, ...]  # what a layer remembers


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

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """One more frame, after those remembered and before what is missing until the operator's next step."""
        return joined(x_NC1HW, past, self.before, self.after, self.fill)

    def extra_repr(self) -> str:
        return f"before={self.before}, after={self.after}, fill={self.fill}"


def joined(
    x_NC1HW: torch.Tensor, past: Past, before: int, after: int, fill: float | None
) -> tuple[torch.Tensor, Past]:
    """The frames that the last step of a causal operator covers, and what of them the next ones cover too.

    It steps over `after` + 1 frames; of those that are not there yet its answer knows the `fill`.
    """
    if past:
        seen_NCTHW = torch.cat([past[0], x_NC1HW], dim=2)
    elif fill is None:
        seen_NCTHW = x_NC1HW.expand(-1, -1, before + 1, -1, -1)
    else:
        seen_NCTHW = F.pad(x_NC1HW, (0, 0, 0, 0, before, 0), value=fill)
    if missing := before + after + 1 - seen_NCTHW.shape[2]:
        around = (0, 0, 0, 0, 0, missing)
        whole = F.pad(seen_NCTHW, around, mode="replicate") if fill is None else F.pad(seen_NCTHW, around, value=fill)
        return whole, (seen_NCTHW,)
    return seen_NCTHW, (seen_NCTHW[:, :, after + 1 :],)


def edges(frames: int, stride: int, causal: bool, fill: float = 0.0) -> tuple[nn.Module, int]:
    """The edges of an operator over `frames` frames: what stands before it, and the operator's own padding in time.

    T frames become ceil(T / stride). Where both sides are alike the operator pads for itself, which saves a copy. A
    causal operator looks no further than the `stride` frames that its answer stands for.
    """
    if frames == 1:
        return nn.Identity(), 0
    if causal and frames < stride:
        raise ModelError(f"An operator over {frames} frames that steps over {stride} cannot be causal; expected "
                         f"{stride} frames or more, or one.")
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

    def _conv_forward(self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        if bias is not None or isinstance(self.padding, str):
            return super()._conv_forward(input, weight, bias)
        return convolve(input, weight, self.stride, self.padding, self.dilation, self.groups)

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """Of the frames of a step the first, where that is all it looks at; else its edge remembers."""
        skips = self.stride[0] > self.kernel_size[0] == 1
        kept_NC1HW = past[0] if skips and count % self.stride[0] else x_NC1HW
        return type(self).forward(self, kept_NC1HW), (kept_NC1HW,) if skips else ()


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

    def follow(self, x_NC1HW: torch.Tensor, past: Past, count: int) -> tuple[torch.Tensor, Past]:
        """Of the frames of a step the first, where that is all it looks at; else its edge remembers."""
        skips = self.stride[0] > self.kernel[0] == 1
        kept_NC1HW = past[0] if skips and count % self.stride[0] else x_NC1HW
        return type(self).forward(self, kept_NC1HW), (kept_NC1HW,) if skips else ()

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
