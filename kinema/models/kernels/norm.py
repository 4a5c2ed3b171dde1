"""Batch norm and the ReLU or SiLU behind it in one: `norm.cpp` with its gradients.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from kinema.models.kernels.suited import LAST, room, rows_of, run, suited

FOLLOWERS = {"": 0, "relu": 1, "silu": 2}
STORED = (torch.float32, torch.bfloat16)
HALF = 4  # more for bfloat16


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
        run("norm_forward", x_NCTHW, y_NCTHW, rows, channels, weight_C, bias_C, eps, mean_C, variance_C, rstd_C,
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
        run("norm_backward", x_NCTHW, g_NCTHW, dx_NCTHW, rows, channels, scale_C, shift_C, mean_C, rstd_C,
            space, dweight_C, dbias_C, ctx.how)
        return dx_NCTHW, *((dweight_C, dbias_C) if ctx.affine else (None, None)), None, None


def batch_norm(
    x_NCTHW: torch.Tensor, mean_C: torch.Tensor | None, variance_C: torch.Tensor | None, weight_C: torch.Tensor | None,
    bias_C: torch.Tensor | None, part: float, eps: float, follower: str = "",
) -> torch.Tensor:
    """Batch norm as torch's own in training, and what follows it; `part` of the running averages is the batch's."""
    rows = x_NCTHW.numel() // x_NCTHW.shape[1]
    if rows < 2 or x_NCTHW.dtype not in STORED or not suited(x_NCTHW, weight_C, bias_C, mean_C, variance_C):
        y_NCTHW = F.batch_norm(x_NCTHW, mean_C, variance_C, weight_C, bias_C, True, part, eps)
        return getattr(F, follower)(y_NCTHW) if follower else y_NCTHW
    y_NCTHW, found_C, spread_C = Normed.apply(x_NCTHW, weight_C, bias_C, eps, follower)
    if mean_C is not None and variance_C is not None:
        with torch.no_grad():
            mean_C.lerp_(found_C.float(), part)
            variance_C.lerp_((spread_C * (rows / (rows - 1))).float(), part)
    return y_NCTHW


def batch_part(layer: _BatchNorm) -> float:
    """Count a batch, and say how much of a layer's running averages is to be its own."""
    if layer.num_batches_tracked is None:
        return 0.0
    layer.num_batches_tracked.add_(1)
    return 1 / float(layer.num_batches_tracked) if layer.momentum is None else layer.momentum
