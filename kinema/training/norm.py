"""Batch normalisation, and all that draws, over the clips of all processes.

torch's SyncBatchNorm refuses CPU tensors; this one works wherever torch.distributed does.
"""

from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from kinema.models.drop_path import DropPath
from kinema.training.noise import GlobalDropout, GlobalDropPath

AnyModule = TypeVar("AnyModule", bound=nn.Module)


class Total(torch.autograd.Function):
    """The sum of a tensor over all processes; each gets the sum of all gradients back."""

    @staticmethod
    def forward(ctx: Any, part: torch.Tensor) -> torch.Tensor:
        total = part.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total


class GlobalBatchNorm(_BatchNorm):
    """Batch norm whose mean and variance in training are those of the whole batch over all processes.

    Takes N C ... of any rank; in evaluation, or alone, it is the ordinary layer. Two passes (the mean, then the squared
    distances from it) keep float32 as exact as in one process.
    """

    def _check_input_dim(self, input: torch.Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"Batch norm takes N C ...; a tensor of shape {tuple(input.shape)} came.")

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not (self.training and dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(input)
        axes = [axis for axis in range(input.ndim) if axis != 1]
        shape = [1, -1] + [1] * (input.ndim - 2)
        exact = torch.float64 if input.device.type == "cpu" else torch.float32  # as torch's own layer sums
        count = torch.tensor(float(input.numel() // input.shape[1]), dtype=exact, device=input.device)
        dist.all_reduce(count)
        mean_C = Total.apply(input.sum(axes, dtype=exact)) / count
        centred = input.to(exact) - mean_C.view(shape)
        variance_C = Total.apply(centred.square().sum(axes)) / count
        self._remember(mean_C.detach(), variance_C.detach() * count / (count - 1).clamp(min=1))
        output = centred * torch.rsqrt(variance_C + self.eps).view(shape)
        output = output * self.weight.view(shape) + self.bias.view(shape) if self.affine else output
        return output.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean_C: torch.Tensor, variance_C: torch.Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        part = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean_C.to(self.running_mean.dtype), part)
        self.running_var.lerp_(variance_C.to(self.running_var.dtype), part)


GLOBAL: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: GlobalBatchNorm, nn.BatchNorm2d: GlobalBatchNorm, nn.BatchNorm3d: GlobalBatchNorm,
    nn.Dropout: GlobalDropout, DropPath: GlobalDropPath,
}


def globalise(network: AnyModule) -> AnyModule:
    """Let batch norm, dropout and drop path see all processes, in place; weights and names stay as they are."""
    for module in network.modules():
        if type(module) in GLOBAL:
            module.__class__ = GLOBAL[type(module)]
    return network
