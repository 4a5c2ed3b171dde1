"""Dropout and drop path that draw for the clips of all processes together, so that their number changes nothing."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F

from kinema.models.drop_path import DropPath


class GlobalDropout(nn.Dropout):
    """Dropout whose draws are those of the whole batch over all processes; alone, the ordinary layer.

    All processes draw from one seed, and each keeps what belongs to its own clips. A batch may be
    made of several `groups` of clips, one after another, of each of which every process has an equal share.
    """

    groups = 1

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not (self.training and dist.is_initialized()):
            return super().forward(input)
        ones = input.new_ones(dist.get_world_size() * len(input), *input.shape[1:])
        return input * own(F.dropout(ones, self.p), self.groups)


class GlobalDropPath(DropPath):
    """Drop path whose draws are those of the whole batch over all processes; groups as of `GlobalDropout`."""

    groups = 1

    def draw(self, clips: int, device: torch.device) -> torch.Tensor:
        if not dist.is_initialized():
            return super().draw(clips, device)
        return own(super().draw(dist.get_world_size() * clips, device), self.groups)


def own(x: torch.Tensor, groups: int) -> torch.Tensor:
    """The rows of the whole batch (N ...), of so many groups, that belong to this process."""
    return x.unflatten(0, (groups, dist.get_world_size(), -1))[:, dist.get_rank()].flatten(0, 1)
