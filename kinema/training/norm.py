"""Batch normalisation, and all that draws, over the clips of all processes.

torch's SyncBatchNorm refuses CPU tensors; this one works wherever torch.distributed does.
"""

from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from kinema.models.drop_path import DropPath
from kinema.models.kernels.norm import batch_norm, batch_part
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

    With `groups` above 1 they are those of each of so many equal parts of the batch, one after another, of each of
    which every process has its share. The running ones are then the mean of the parts' means, and the mean of their
    variances plus the variance of their means: sub-batch norm (Wu et al. 2020, arXiv:1912.00998).

    Takes N C ... of any rank; in evaluation, or alone with one group, it is the ordinary layer. Two passes (the mean,
    then the squared distances from it) keep float32 as exact as in one process.
    """

    groups = 1

    def _check_input_dim(self, input: torch.Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"Batch norm takes N C ...; a tensor of shape {tuple(input.shape)} came.")

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        several = dist.is_initialized() and dist.get_world_size() > 1
        if not self.training or not (several or self.groups > 1):
            return self._ordinary(input) if self.training else super().forward(input)
        return self._over_processes(input) if several else self._alone(input)

    def _ordinary(self, input: torch.Tensor) -> torch.Tensor:
        """The ordinary layer, in training."""
        part = batch_part(self)
        return batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, part, self.eps)

    def _alone(self, input: torch.Tensor) -> torch.Tensor:
        """The ordinary layer for each group."""
        outputs, found = [], []
        kept = input if self.running_mean is None else self.running_mean
        for part in input.unflatten(0, (self.groups, -1)):
            mean_C, variance_C = kept.new_zeros((2, input.shape[1]))
            outputs.append(batch_norm(part, mean_C, variance_C, self.weight, self.bias, 1.0, self.eps))
            found.append(torch.stack((mean_C, variance_C)).to(self._exact(input)))
        self._remember(*torch.stack(found, 1))
        return torch.cat(outputs)

    def _over_processes(self, input: torch.Tensor) -> torch.Tensor:
        groups = input.unflatten(0, (self.groups, -1))  # G N C ...
        axes = [axis for axis in range(groups.ndim) if axis not in (0, 2)]
        shape = [self.groups, 1, -1] + [1] * (groups.ndim - 3)
        exact = self._exact(input)
        count = torch.tensor(float(groups[0].numel() // input.shape[1]), dtype=exact, device=input.device)
        dist.all_reduce(count)
        mean_GC = Total.apply(groups.sum(axes, dtype=exact)) / count
        centred = groups.to(exact) - mean_GC.view(shape)
        variance_GC = Total.apply(centred.square().sum(axes)) / count
        self._remember(mean_GC.detach(), variance_GC.detach() * count / (count - 1).clamp(min=1))
        output = (centred * torch.rsqrt(variance_GC + self.eps).view(shape)).flatten(0, 1)
        shape = [1, -1] + [1] * (input.ndim - 2)
        output = output * self.weight.view(shape) + self.bias.view(shape) if self.affine else output
        return output.to(input.dtype)

    def _exact(self, input: torch.Tensor) -> torch.dtype:
        return torch.float64 if input.device.type == "cpu" else torch.float32  # as torch's own layer sums

    @torch.no_grad()
    def _remember(self, mean_GC: torch.Tensor, variance_GC: torch.Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        part = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        variance_C = variance_GC.mean(0) + mean_GC.var(0, correction=0)
        self.running_mean.lerp_(mean_GC.mean(0).to(self.running_mean.dtype), part)
        self.running_var.lerp_(variance_C.to(self.running_var.dtype), part)


GLOBAL: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: GlobalBatchNorm, nn.BatchNorm2d: GlobalBatchNorm, nn.BatchNorm3d: GlobalBatchNorm,
    nn.Dropout: GlobalDropout, DropPath: GlobalDropPath,
}


def regroup(network: nn.Module, groups: int) -> None:
    """Let what `globalise` made of a network know of how many equal groups its batches are made."""
    for module in network.modules():
        if isinstance(module, tuple(GLOBAL.values())):
            module.groups = groups  # type: ignore[assignment]


def globalise(network: AnyModule) -> AnyModule:
    """Let batch norm, dropout and drop path see all processes, in place; weights and names stay as they are."""
    for module in network.modules():
        if type(module) in GLOBAL:
            module.__class__ = GLOBAL[type(module)]
    return network
