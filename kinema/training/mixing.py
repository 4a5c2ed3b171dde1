"""Mixing clips with each other.

Axes in names: N clips, C channels, T frames, H rows, W columns, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist

from kinema.keyed import key_seed

Mixed = tuple[torch.Tensor, torch.Tensor]  # clips N C T H W and their targets N K
Way = Callable[..., Mixed]


@dataclass(frozen=True)
class Mixing:
    """Mix each clip of a forward pass with its neighbour: 1 with 2, 3 with 4, ...; the clips come in a random order.

    `mixup` and `cutmix` are the parameters of each one's Beta distribution; 0 is off. Where both are on, each forward
    pass is mixed by one of them, drawn with equal chances. All draws depend on the key alone. A forward pass may be
    made of several `groups` of clips, one after another, of each of which every process has an equal share.
    """

    mixup: float = 0.0
    cutmix: float = 0.0

    def __call__(self, clips_NCTHW: torch.Tensor, targets_NK: torch.Tensor, groups: int, *key: int | str
                 ) -> Mixed:
        ways: list[tuple[Way, float]] = [(mixup, self.mixup), (cutmix, self.cutmix)]
        on = [(way, alpha) for way, alpha in ways if alpha]
        if not on:
            return clips_NCTHW, targets_NK
        draws = np.random.default_rng(key_seed(*key))
        way, alpha = on[draws.integers(len(on))]
        return way(clips_NCTHW, targets_NK, alpha, draws, groups)


def mixup(
    clips_NCTHW: torch.Tensor, targets_NK: torch.Tensor, alpha: float, draws: np.random.Generator, groups: int = 1
) -> Mixed:
    """Blend each clip with its neighbour, by a share drawn from Beta(alpha, alpha) (Zhang et al., arXiv:1710.09412)."""
    share, others = draws.beta(alpha, alpha), (neighbours(clips_NCTHW, groups), neighbours(targets_NK, groups))
    return torch.lerp(others[0], clips_NCTHW, share), torch.lerp(others[1], targets_NK, share)


def cutmix(
    clips_NCTHW: torch.Tensor, targets_NK: torch.Tensor, alpha: float, draws: np.random.Generator, groups: int = 1
) -> Mixed:
    """Paste a box of its neighbour into all frames of each clip; targets are mixed by area.

    The box has the clip's shape and a share of its area drawn from Beta(alpha, alpha); its middle is anywhere, and what
    of it lies outside is lost (Yun et al., arXiv:1905.04899).
    """
    height, width = clips_NCTHW.shape[3:]
    side, (down, right) = draws.beta(alpha, alpha) ** 0.5, draws.random(2)
    top, bottom = (int(np.clip((down + half) * height, 0, height)) for half in (-side / 2, side / 2))
    left, right = (int(np.clip((right + half) * width, 0, width)) for half in (-side / 2, side / 2))
    if top == bottom or left == right:
        return clips_NCTHW, targets_NK
    mixed_NCTHW = clips_NCTHW.clone()
    mixed_NCTHW[..., top:bottom, left:right] = neighbours(clips_NCTHW[..., top:bottom, left:right], groups)
    share = 1 - (bottom - top) * (right - left) / (height * width)
    return mixed_NCTHW, torch.lerp(neighbours(targets_NK, groups), targets_NK, share)


def neighbours(x: torch.Tensor, groups: int = 1) -> torch.Tensor:
    """For each row of x (N ...) that with which it makes a pair in its group; of a last one, the one before.

    Rows are counted over all processes together, so that their number changes nothing: where a pair lies in two of
    them, they exchange it.
    """
    if groups > 1:
        return torch.cat([neighbours(part) for part in x.chunk(groups)])
    processes, process = (dist.get_world_size(), dist.get_rank()) if dist.is_initialized() else (1, 0)
    share, first, total = len(x), process * len(x), processes * len(x)
    places = torch.arange(first, first + share)
    wanted = places ^ 1
    wanted = torch.where(wanted < total, wanted, (places - 1).clamp(min=0))
    if processes > 1 and share % 2:
        own = x[[0, -1]].contiguous()
        ends = [torch.empty_like(own) for _ in range(processes)]
        dist.all_gather(ends, own)
        x = torch.cat([ends[process - 1][1:], x, ends[(process + 1) % processes][:1]])
        first -= 1
    return x[(wanted - first).to(x.device)]
