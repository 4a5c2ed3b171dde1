"""Dropout and drop path that draw for the clips of all processes together, so that their number changes nothing."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F

from kinema.models.drop_path import DropPath


class GlobalDropout(nn.Dropout):
    """Dropout whose draws are those of the whole batch over all processes; alone, the ordinary layer.

    All processes draw from one seed, and each keeps what belongs to its own clips.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not (self.training and dist.is_initialized()):
            return super().forward(input)
        ones = input.new_ones(dist.get_world_size() * len(input), *input.shape[1:])
        return input * own(F.dropout(ones, self.p))


class GlobalDropPath(DropPath):
    """Drop path whose draws are those of the whole batch over all processes."""

    def draw(self, clips: int, device: torch.device) -> torch.Tensor:
        if not dist.is_initialized():
            return super().draw(clips, device)
        return own(super().draw(dist.get_world_size() * clips, device))


def own(x: torch.Tensor) -> torch.Tensor:
    """The rows of the whole batch (N ...) that belong to this process."""
    return x.tensor_split(dist.get_world_size())[dist.get_rank()]
