"""The layers every backbone is made of, and the one idea that owns the edges of time.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

import torch
from torch import nn
from torch.nn import functional as F


class TimePad(nn.Module):
    """Surround x_NCTHW with `before` and `after` frames that hold `fill`.

    Every layer that looks at neighbouring frames gets its edges here, and what stands at an edge is this layer's business
    alone: around a clip, nothing. Whoever knows the frames before a clip can put them in the place of `before`.
    """

    def __init__(self, before: int, after: int, fill: float = 0.0) -> None:
        super().__init__()
        self.before, self.after, self.fill = before, after, fill

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return F.pad(x_NCTHW, (0, 0, 0, 0, self.before, self.after), value=self.fill)

    def extra_repr(self) -> str:
        return f"before={self.before}, after={self.after}, fill={self.fill}"


def edges(frames: int, stride: int, causal: bool, fill: float = 0.0) -> tuple[nn.Module, int]:
    """The edges of an operator over `frames` frames: what stands before it, and its own padding in time.

    T frames become ceil(T / stride). Equal sides are padded by the operator itself, which saves a copy; a causal operator
    looks no further than the `stride` frames that its answer stands for.
    """
    if causal:
        return TimePad(frames - stride, stride - 1, fill), 0
    if frames % 2:
        return nn.Identity(), frames // 2
    return TimePad(frames // 2, frames // 2 - 1, fill), 0


class Conv(nn.Conv3d):
    """A convolution over `frames` frames and `size` x `size` pixels; `stride` is (frames, pixels)."""

    def __init__(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int] = (1, 1), *, frames: int = 1,
        groups: int = 1, bias: bool = False, causal: bool = False,
    ) -> None:  # fmt: skip
        edge, own = edges(frames, stride[0], causal) if frames > 1 else (nn.Identity(), 0)
        kernel, steps, padding = (frames, size, size), (stride[0], stride[1], stride[1]), (own, size // 2, size // 2)
        super().__init__(inputs, outputs, kernel, steps, padding, groups=groups, bias=bias)
        self.edge = edge

    def reset_parameters(self) -> None:
        """Draw weights that keep the spread of what goes through (He et al., 2015); a bias starts at zero."""
        nn.init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu")
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        return super().forward(self.edge(x_NCTHW))


class Pool(nn.Module):
    """The greatest ("max") or the mean ("avg", padding counted) of `frames` frames and `size` x `size` pixels.

    `stride` is (frames, pixels). Without `padded` a pool stays inside the clip; one larger than the clip takes it whole.
    """

    def __init__(
        self, method: str, size: int, stride: tuple[int, int], *, frames: int = 1, padded: bool = True, causal: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.edge: nn.Module = nn.Identity()
        own = 0
        if frames > 1 and (padded or causal):
            self.edge, own = edges(frames, stride[0], causal, fill=float("-inf") if method == "max" else 0.0)
        pixels = size // 2 if padded else 0
        self.pool = {"max": F.max_pool3d, "avg": F.avg_pool3d}[method]
        self.kernel, self.stride, self.padding = (frames, size, size), (stride[0], stride[1], stride[1]), (own, pixels, pixels)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NCTHW = self.edge(x_NCTHW)
        room = [length + 2 * pad for length, pad in zip(x_NCTHW.shape[2:], self.padding, strict=True)]
        kernel = tuple(map(min, self.kernel, room))
        return self.pool(x_NCTHW, kernel, self.stride, self.padding)

    def extra_repr(self) -> str:
        return f"{self.pool.__name__}, kernel={self.kernel}, stride={self.stride}, padding={self.padding}"
