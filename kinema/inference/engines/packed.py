"""Convolutions for answers on a CPU: their weights are made ready once, and they do the ReLU or SiLU behind them.

oneDNN lays out plain weights anew for each clip, which takes longer than a small convolution, and with them is slower
for kernels of one place (1024 channels to 256 of 8 x 14 x 14 places: 15.8 ms, with its own layout 7.6). Where fewer
multiplications are enough (winograd.py) it is not asked at all.

Axes in names: N clips, C channels, K output channels, T frames, H rows, W columns.
"""

from typing import Any

import torch
from torch import nn

from kinema.inference.engines.fold import LINEAR
from kinema.inference.engines.winograd import Shape, Winograd, fits
from kinema.models import Network
from kinema.models.kernels.suited import LAST

FOLLOWERS: dict[type[nn.Module], str] = {nn.ReLU: "relu", nn.SiLU: "swish"}  # by oneDNN's names


def packed(network: Network, kind: torch.dtype) -> Network:
    """The network itself, with its convolutions made ready for answers computed in `kind`, on a CPU that can."""
    here = next(network.parameters()).device.type == "cpu" and torch.backends.mkldnn.is_available()
    if not here or kind not in (torch.float32, torch.bfloat16):
        return network
    if kind == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():  # then PyTorch has a way of its own
        return network
    for layer in network.modules():
        if not isinstance(layer, nn.Conv3d) or type(layer) not in LINEAR:
            continue
        if layer.padding_mode == "zeros" and not isinstance(layer.padding, str):
            vars(layer)["_conv_forward"] = Packed(layer, kind)
    for row in network.modules():
        ready: Packed | None = None
        for place, layer in enumerate(row if isinstance(row, nn.Sequential) else ()):
            if ready is not None and type(layer) in FOLLOWERS and isinstance(row, nn.Sequential):
                ready.follower, row[place] = FOLLOWERS[type(layer)], nn.Identity()
            if not isinstance(layer, nn.Identity):
                ready = packed_of(layer)
    return network


@torch.no_grad()
def channels_last(network: Network) -> Network:
    """The network itself, with kernels in the layout that convolutions read quickest, but for those that are packed."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d) and packed_of(layer) is None:
            layer.weight = nn.Parameter(layer.weight.contiguous(memory_format=LAST))
    return network


def packed_of(layer: nn.Module) -> "Packed | None":
    """What a layer does instead of its own convolution, if it is packed."""
    return vars(layer).get("_conv_forward")


class Packed:
    """What a layer does instead of its own convolution: the same, and its `follower`.

    What is made ready is so for places of one shape, that of the first clip; all others take longer.
    """

    def __init__(self, layer: nn.Conv3d, kind: torch.dtype) -> None:
        self.kind, self.follower = kind, "none"
        self.weight_KCTHW, bias_K = layer.weight.detach(), layer.bias
        self.bias_K = None if bias_K is None else bias_K.detach().to(kind)
        self.facts: Any = (layer.padding, layer.stride, layer.dilation, layer.groups)
        self.first: tuple[torch.Size, Winograd | None] | None = None  # one value: two threads may ask at once
        self.own: torch.Tensor | None = None

    def __call__(self, x_NCTHW: torch.Tensor, *_: torch.Tensor | None) -> torch.Tensor:
        return self.added(x_NCTHW, None)

    def added(self, x_NCTHW: torch.Tensor, other_NKTHW: torch.Tensor | None) -> torch.Tensor:
        """The follower of the convolution and what is added to it."""
        x_NCTHW = x_NCTHW.to(self.kind).contiguous(memory_format=LAST)
        if other_NKTHW is not None:
            other_NKTHW = other_NKTHW.to(self.kind).contiguous(memory_format=LAST)
        if self.first is None:
            self.first = x_NCTHW.shape[1:], self.quick(x_NCTHW)
        shape, fewer = self.first
        if fewer is not None and x_NCTHW.shape[1:] == shape:
            return self.by_fewer(fewer, x_NCTHW, other_NKTHW)
        if self.own is None:
            reorder: Any = torch._C._nn.mkldnn_reorder_conv3d_weight
            self.own = reorder(self.weight_KCTHW.to(self.kind).to_mkldnn(), *self.facts, list(x_NCTHW.shape))
        operator, weights = torch.ops.mkldnn._convolution_pointwise, (self.own, self.bias_K, *self.facts)
        if other_NKTHW is None:
            return operator(x_NCTHW, *weights, self.follower, [], "")
        follower = None if self.follower == "none" else self.follower
        return operator.binary(x_NCTHW, other_NKTHW, *weights, "add", 1.0, follower, [], "")

    def quick(self, x_NCTHW: torch.Tensor) -> Winograd | None:
        """The convolution of fewer multiplications for such clips; None where there is none, or it is no gain."""
        (pad, stride, dilation, groups), kernel = self.facts, tuple(self.weight_KCTHW.shape)
        plain = self.kind == torch.float32 and {*stride, *dilation, groups} == {1}
        if not plain or pad[1:] != (kernel[3] // 2, kernel[4] // 2):
            return None
        shape = Shape((1, *x_NCTHW.shape[2:], x_NCTHW.shape[1]), kernel, pad[0])
        if not fits(shape):
            return None
        bias_K = torch.zeros(kernel[0]) if self.bias_K is None else self.bias_K
        relu, threads = self.follower == "relu", torch.get_num_threads()
        return Winograd(shape, self.weight_KCTHW.numpy(), bias_K.numpy(), relu, threads)

    def by_fewer(self, kernel: Winograd, x_NCTHW: torch.Tensor, other_NKTHW: torch.Tensor | None) -> torch.Tensor:
        """The answer of a convolution of fewer multiplications, clip by clip."""
        _, frames, rows, columns, outputs = kernel.shape.out_NTHWC
        y_NKTHW = torch.empty((len(x_NCTHW), outputs, frames, rows, columns), memory_format=LAST)
        room = torch.empty(kernel.threads * kernel.shape.scratch()).numpy()
        for number, (x_CTHW, y_KTHW) in enumerate(zip(x_NCTHW, y_NKTHW, strict=True)):
            other = None if other_NKTHW is None else other_NKTHW[number].movedim(0, -1).numpy()
            kernel(x_CTHW.movedim(0, -1).numpy(), other, y_NTHWK=y_KTHW.movedim(0, -1).numpy(), scratch=room)
        return nn.functional.silu(y_NKTHW, inplace=True) if self.follower == "swish" else y_NKTHW
