"""A network made quicker to train on a CPU, in place: batch norm and the ReLU or SiLU behind it become one kernel.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.kernels.norm import Normed
from kinema.models.kernels.suited import suited

STORED = (torch.float32, torch.bfloat16)


class QuickNorm(nn.BatchNorm3d):
    """Batch norm with its `follower`: "relu", "silu" or nothing, ""."""

    follower = ""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        rows = input.numel() // input.shape[1]
        if not self.training or rows < 2 or input.dtype not in STORED or not suited(input, self.weight, self.bias):
            output = super().forward(input)
            return getattr(F, self.follower)(output) if self.follower else output
        output, mean_C, variance_C = Normed.apply(input, self.weight, self.bias, self.eps, self.follower)
        self.remember(mean_C, variance_C * (rows / (rows - 1)))
        return output

    @torch.no_grad()
    def remember(self, mean_C: torch.Tensor, variance_C: torch.Tensor) -> None:
        """Let the running averages follow a batch, as torch's own layer does."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        part = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean_C.to(self.running_mean.dtype), part)
        self.running_var.lerp_(variance_C.to(self.running_var.dtype), part)


FOLLOWERS: dict[type[nn.Module], str] = {nn.ReLU: "relu", nn.SiLU: "silu"}


def quicken(network: nn.Module) -> None:
    """Let a network's batch norms do what follows them too; weights and names stay as they are."""
    for module in network.modules():
        if type(module) is nn.BatchNorm3d:
            module.__class__ = QuickNorm
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential):
            norm: QuickNorm | None = None
            for place, layer in enumerate(module):
                if norm is not None and type(layer) in FOLLOWERS:
                    norm.follower, module[place] = FOLLOWERS[type(layer)], nn.Identity()
                if not isinstance(layer, nn.Identity):
                    norm = layer if type(layer) is QuickNorm else None
