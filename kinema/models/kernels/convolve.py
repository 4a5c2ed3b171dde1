"""Which kernel does a convolution.

Axes in names: N clips, C channels, O channels of the answer, T frames, H rows, W columns.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from kinema.models.kernels.depthwise import Depthwise
from kinema.models.kernels.pointwise import Pointwise
from kinema.models.kernels.suited import LAST, suited

Steps = tuple[int, ...]  # over frames, rows, columns
SMALL = 100_000  # weights of a matrix up to which the kernel is quicker than torch


def convolve(
    x_NCTHW: torch.Tensor, weight_OCTHW: torch.Tensor, stride: Steps, pad: Steps, dilation: Steps, groups: int
) -> torch.Tensor:
    """A convolution without bias, padded with zeros, by the quickest way there is."""
    if not suited(x_NCTHW, weight_OCTHW):
        return F.conv3d(x_NCTHW, weight_OCTHW, None, stride, pad, dilation, groups)
    outputs, inputs, *kernel = weight_OCTHW.shape
    exact = x_NCTHW.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    depthwise = groups == outputs and inputs == max(dilation) == 1
    pointwise = exact and groups == max(kernel) == 1 and not any(pad) and weight_OCTHW.numel() <= SMALL
    if depthwise:
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x_NCTHW.dtype
        return Depthwise.apply(x_NCTHW.float(), weight_OCTHW, stride, pad).to(kind)
    if pointwise:
        return Pointwise.apply(x_NCTHW if max(stride) == 1 else Every.apply(x_NCTHW, stride), weight_OCTHW)
    if kernel[0] == stride[0] == 1 and not pad[0]:
        return by_frames(x_NCTHW, weight_OCTHW, stride, pad, dilation, groups)
    return F.conv3d(x_NCTHW, weight_OCTHW, None, stride, pad, dilation, groups)


def by_frames(
    x_NCTHW: torch.Tensor, weight_OC1HW: torch.Tensor, stride: Steps, pad: Steps, dilation: Steps, groups: int
) -> torch.Tensor:
    """A convolution of each frame as a picture, for which torch has the better code (a tenth of a ResNet-50's step)."""
    pictures = x_NCTHW.permute(0, 2, 1, 3, 4).flatten(0, 1)
    found = F.conv2d(pictures, weight_OC1HW.squeeze(2), None, stride[1:], pad[1:], dilation[1:], groups)
    return found.unflatten(0, (len(x_NCTHW), -1)).permute(0, 2, 1, 3, 4)


class Every(torch.autograd.Function):
    """The places of x_NCTHW that a convolution of one place sees when it steps; laid out channels-last both ways."""

    @staticmethod
    def forward(ctx: Any, x_NCTHW: torch.Tensor, stride: Steps) -> torch.Tensor:
        ctx.shape, ctx.stride = x_NCTHW.shape, stride
        return every(x_NCTHW, stride).contiguous(memory_format=LAST)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_NCTHW: torch.Tensor) -> tuple[torch.Tensor, None]:
        dx_NCTHW = torch.zeros_like(g_NCTHW[:, :, :1, :1, :1].expand(ctx.shape), memory_format=LAST)
        every(dx_NCTHW, ctx.stride).copy_(g_NCTHW)
        return dx_NCTHW, None


def every(x_NCTHW: torch.Tensor, stride: Steps) -> torch.Tensor:
    """Every so many frames, rows and columns."""
    frames, rows, columns = stride
    return x_NCTHW[:, :, ::frames, ::rows, ::columns]
