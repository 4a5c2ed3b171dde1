"""Pointwise convolution, which mixes the channels of each place: matrix products, `product.cpp`.

Axes in names: N clips, C channels, O channels of the answer, T frames, H rows, W columns.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from kinema.models.kernels.suited import LAST, room, rows_of, run


class Pointwise(torch.autograd.Function):
    """y_NOTHW from x_NCTHW, laid out channels-last, and weight_OC111."""

    @staticmethod
    def forward(ctx: Any, x_NCTHW: torch.Tensor, weight_OC111: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x_NCTHW, weight_OC111)
        (rows, channels), outputs = rows_of(x_NCTHW), len(weight_OC111)
        y_NOTHW = torch.empty((len(x_NCTHW), outputs, *x_NCTHW.shape[2:]), memory_format=LAST)
        run("product", x_NCTHW, weight_OC111.detach().flatten(1).t().contiguous(), y_NOTHW, rows, channels, outputs)
        return y_NOTHW

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_NOTHW: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x_NCTHW, weight_OC111 = ctx.saved_tensors
        (rows, channels), outputs = rows_of(x_NCTHW), len(weight_OC111)
        g_NOTHW, weight_OC = g_NOTHW.contiguous(memory_format=LAST), weight_OC111.detach().flatten(1).contiguous()
        dx_NCTHW = dweight_OC111 = None
        if ctx.needs_input_grad[0]:
            dx_NCTHW = torch.empty_like(x_NCTHW)
            run("product", g_NOTHW, weight_OC, dx_NCTHW, rows, outputs, channels)
        if ctx.needs_input_grad[1]:
            dweight_OC = torch.empty_like(weight_OC)
            space = torch.empty(room("product_room", rows, channels, outputs))
            run("product_over_rows", g_NOTHW, x_NCTHW, space, dweight_OC, rows, channels, outputs)
            dweight_OC111 = dweight_OC.view_as(weight_OC111)
        return dx_NCTHW, dweight_OC111
