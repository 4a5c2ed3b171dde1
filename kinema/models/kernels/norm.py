"""Batch norm with what follows it in one: `norm.cpp` with its gradients.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from kinema.models.kernels.suited import LAST, room, rows_of, run

FOLLOWERS = {"": 0, "relu": 1, "silu": 2}
HALF = 4  # added to these: numbers are stored as bfloat16


class Normed(torch.autograd.Function):
    """y_NCTHW from x_NCTHW, laid out channels-last, with the batch's mean_C and variance_C (divided by its size)."""

    @staticmethod
    def forward(
        ctx: Any, x_NCTHW: torch.Tensor, weight_C: torch.Tensor | None, bias_C: torch.Tensor | None, eps: float,
        follower: str,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rows, channels = rows_of(x_NCTHW)
        how = FOLLOWERS[follower] + HALF * (x_NCTHW.dtype == torch.bfloat16)
        mean_C, variance_C, rstd_C = torch.empty(3, channels, dtype=torch.float64)
        scale_C, shift_C = torch.empty(2, channels)
        y_NCTHW = torch.empty_like(x_NCTHW)
        space = torch.empty(room("norm_room", rows, channels), dtype=torch.float64)
        run("norm_forward", x_NCTHW, None, y_NCTHW, rows, channels, weight_C, bias_C, eps, mean_C, variance_C, rstd_C,
            scale_C, shift_C, space, how)
        ctx.save_for_backward(x_NCTHW, scale_C, shift_C, mean_C, rstd_C)
        ctx.how, ctx.affine = how, weight_C is not None
        ctx.mark_non_differentiable(mean_C, variance_C)
        return y_NCTHW, mean_C, variance_C

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_NCTHW: torch.Tensor, *_: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x_NCTHW, scale_C, shift_C, mean_C, rstd_C = ctx.saved_tensors
        rows, channels = rows_of(x_NCTHW)
        dx_NCTHW, (dweight_C, dbias_C) = torch.empty_like(x_NCTHW), torch.empty(2, channels)
        g_NCTHW = g_NCTHW.to(x_NCTHW.dtype).contiguous(memory_format=LAST)
        space = torch.empty(room("norm_room", rows, channels), dtype=torch.float64)
        run("norm_backward", x_NCTHW, None, g_NCTHW, dx_NCTHW, None, rows, channels, scale_C, shift_C, mean_C, rstd_C,
            space, dweight_C, dbias_C, ctx.how)
        return dx_NCTHW, *((dweight_C, dbias_C) if ctx.affine else (None, None)), None, None
