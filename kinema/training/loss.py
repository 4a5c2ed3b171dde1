"""Losses over target vectors, and mixing clips.

Axes in names: N clips, C channels, T frames, H rows, W columns, K classes. A target row holds one 1, several (a clip
with several labels), or shares that add up to 1 (mixed clips).
"""

import numpy as np
import torch
from torch.nn import functional as F

from kinema.keyed import key_seed


def loss_of(
    logits_NK: torch.Tensor,
    targets_NK: torch.Tensor,
    weights_K: torch.Tensor | None,
    smoothing: float,
    multi_label: bool,
) -> torch.Tensor:
    """Cross-entropy with label smoothing, or, with several labels per clip, binary cross-entropy; a mean over clips."""
    if multi_label:
        smooth_NK = targets_NK * (1 - smoothing) + smoothing / 2
        return F.binary_cross_entropy_with_logits(logits_NK, smooth_NK.to(logits_NK.dtype), pos_weight=weights_K)
    return F.cross_entropy(logits_NK, targets_NK.to(logits_NK.dtype), weight=weights_K, label_smoothing=smoothing)


def mix(
    clips_NCTHW: torch.Tensor, targets_NK: torch.Tensor, alpha: float, *key: int | str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each clip with the one at the mirrored place of the batch, by a share drawn from Beta(alpha, alpha).

    mixup, Zhang et al., 2018. The draw depends on the key alone.
    """
    share = float(np.random.default_rng(key_seed(*key)).beta(alpha, alpha))
    return (
        share * clips_NCTHW + (1 - share) * clips_NCTHW.flip(0),
        share * targets_NK + (1 - share) * targets_NK.flip(0),
    )


def hits(logits_NK: torch.Tensor, targets_NK: torch.Tensor) -> torch.Tensor:
    """The part of the clips whose highest logit is one of their (main) labels."""
    best_N = logits_NK.argmax(1, keepdim=True)
    return (targets_NK.gather(1, best_N) >= targets_NK.amax(1, keepdim=True).clamp(min=1e-9)).float().mean()
