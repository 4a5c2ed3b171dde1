"""Stochastic depth: in training, branches of residual blocks are left out (Huang et al., arXiv:1603.09382)."""

import torch
from torch import nn


class DropPath(nn.Module):
    """x (N ...) as the branch of a residual block gives it, or zeros, drawn for each clip, with the chance `rate`.

    What is kept is multiplied by 1 / (1 - rate), so that its mean stays; in evaluation nothing changes.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.rate:
            return x
        kept_N = self.draw(len(x), x.device) >= self.rate
        return x * (kept_N.to(x.dtype) / (1 - self.rate)).view(-1, *[1] * (x.ndim - 1))

    def draw(self, clips: int, device: torch.device) -> torch.Tensor:
        """A number from 0 to 1 for each clip."""
        return torch.rand(clips, dtype=torch.float32, device=device)

    def extra_repr(self) -> str:
        return f"rate={self.rate:.3g}"


def drop_path(rate: float) -> nn.Module:
    """What a branch goes through before it is added; nothing where `rate` is 0."""
    return DropPath(rate) if rate else nn.Identity()
