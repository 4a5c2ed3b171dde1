"""Depthwise convolution, each channel for itself, over frames and pixels: `depthwise.cpp` with its gradients.

Axes in names: N clips, C channels, T frames, H rows, W columns, K taps of a kernel.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from kinema.models.kernels.suited import LAST, room, run

Steps = tuple[int, ...]  # over frames, rows, columns


class Depthwise(torch.autograd.Function):
    """y_NCTHW from x_NCTHW, laid out channels-last, and weight_C1THW."""

    @staticmethod
    def forward(ctx: Any, x_NCTHW: torch.Tensor, weight_C1THW: torch.Tensor, stride: Steps, pad: Steps) -> torch.Tensor:
        ctx.save_for_backward(x_NCTHW, weight_C1THW)
        ctx.shape = shape = shape_of(x_NCTHW, weight_C1THW, stride, pad)
        y_NCTHW = torch.empty((shape[0], shape[4], *shape[5:8]), memory_format=LAST)
        run("depthwise", x_NCTHW, by_tap(weight_C1THW), y_NCTHW, shape, False)
        return y_NCTHW

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_NCTHW: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x_NCTHW, weight_C1THW = ctx.saved_tensors
        g_NCTHW, weight_KC = g_NCTHW.contiguous(memory_format=LAST), by_tap(weight_C1THW)
        dx_NCTHW = dweight_C1THW = None
        if ctx.needs_input_grad[0]:
            dx_NCTHW = torch.empty_like(x_NCTHW)
            run("depthwise", g_NCTHW, weight_KC, dx_NCTHW, ctx.shape, True)
        if ctx.needs_input_grad[1]:
            dweight_KC = torch.empty_like(weight_KC)
            run("depthwise_weight", x_NCTHW, g_NCTHW, torch.empty(room("depthwise_room", ctx.shape)), dweight_KC,
                ctx.shape)
            dweight_C1THW = dweight_KC.t().reshape(weight_C1THW.shape)
        return dx_NCTHW, dweight_C1THW, None, None


def by_tap(weight_C1THW: torch.Tensor) -> torch.Tensor:
    """The weights as the kernels read them: weight_KC."""
    return weight_C1THW.detach().flatten(1).t().contiguous()


def shape_of(x_NCTHW: torch.Tensor, weight_C1THW: torch.Tensor, stride: Steps, pad: Steps) -> list[int]:
    """What `Shape` in depthwise.cpp holds."""
    clips, channels, *lengths = x_NCTHW.shape
    kernel = weight_C1THW.shape[2:]
    outputs = [(length + 2 * around - taps) // step + 1
               for length, around, taps, step in zip(lengths, pad, kernel, stride, strict=True)]
    return [clips, *lengths, channels, *outputs, *kernel, *stride, *pad]
