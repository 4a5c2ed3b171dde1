"""Losses over target vectors.

Axes in names: N clips, K classes. A target row holds one 1, several (a clip
with several labels), or shares that add up to 1 (mixed clips).
"""

import torch
from torch.nn import functional as F


def loss_of(
    logits_NK: torch.Tensor,
    targets_NK: torch.Tensor,
    weights_K: torch.Tensor | None,
    smoothing: float,
    sigmoid: bool,
) -> torch.Tensor:
    """Cross-entropy with label smoothing, or, by `sigmoid`, binary cross-entropy of each class; a mean over clips."""
    if sigmoid:
        smooth_NK = targets_NK * (1 - smoothing) + smoothing / 2
        return F.binary_cross_entropy_with_logits(logits_NK, smooth_NK.to(logits_NK.dtype), pos_weight=weights_K)
    return F.cross_entropy(logits_NK, targets_NK.to(logits_NK.dtype), weight=weights_K, label_smoothing=smoothing)


def shares(targets_NK: torch.Tensor) -> torch.Tensor:
    """Targets that add up to 1: each of a clip's k labels is 1/k (Mahajan et al., arXiv:1805.00932); no label stays
    none."""
    return targets_NK / targets_NK.sum(1, keepdim=True).clamp(min=1)


def hits(logits_NK: torch.Tensor, targets_NK: torch.Tensor) -> torch.Tensor:
    """The part of the clips whose highest logit is one of their (main) labels."""
    best_N = logits_NK.argmax(1, keepdim=True)
    return (targets_NK.gather(1, best_N) >= targets_NK.amax(1, keepdim=True).clamp(min=1e-9)).float().mean()
