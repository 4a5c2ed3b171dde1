"""Average precision, for clips that may have several labels.

Axes: N clips, K classes, B resamples.
"""

import numpy as np

from kinema.evaluation.intervals import Estimate, percentiles, resample_weights


def average_precision_B(scores_N: np.ndarray, truth_N: np.ndarray, weights_BN: np.ndarray) -> np.ndarray:
    """One class's average precision under each row of clip weights: the precision at each clip of the class, averaged.

    Clips of equal score enter together, as in scikit-learn. Rows in which the class has no clip give nan. Shape (B,).
    """
    order = np.argsort(-scores_N, kind="stable")
    last_of_tie = np.append(np.diff(scores_N[order]) != 0, True)
    found_BN = np.cumsum((weights_BN * truth_N)[:, order], axis=1)[:, last_of_tie]
    called_BN = np.cumsum(weights_BN[:, order], axis=1)[:, last_of_tie]
    precision_BN = np.divide(found_BN, called_BN, out=np.zeros_like(found_BN), where=called_BN > 0)
    gained_BN = np.diff(found_BN, axis=1, prepend=0.0)
    sum_B, total_B = (gained_BN * precision_BN).sum(axis=1), found_BN[:, -1]
    return np.divide(sum_B, total_B, out=np.full_like(total_B, np.nan), where=total_B > 0)


def average_precision_K(scores_NK: np.ndarray, targets_NK: np.ndarray) -> np.ndarray:
    """Each class's average precision; nan where no clip has the class. Shape (K,)."""
    once = np.ones((1, len(scores_NK)))
    return np.array([
        average_precision_B(scores, truth, once)[0] for scores, truth in zip(scores_NK.T, targets_NK.T, strict=True)
    ])


def mean_average_precision(
    scores_NK: np.ndarray, targets_NK: np.ndarray, groups_N: np.ndarray, resamples: int, seed: int
) -> tuple[Estimate, tuple[Estimate, ...]]:
    """The mean over classes of average precision, and each class's, with 95 % intervals by resampling groups."""
    values_K = average_precision_K(scores_NK, targets_NK)
    values_BK = np.concatenate([
        np.stack([
            average_precision_B(scores, truth, weights_bG[:, groups_N])
            for scores, truth in zip(scores_NK.T, targets_NK.T, strict=True)
        ], axis=1)
        for weights_bG in resample_weights(int(groups_N.max()) + 1, resamples, seed)
    ])
    each = tuple(Estimate(float(value), *percentiles(values_BK[:, k])) for k, value in enumerate(values_K))
    seen_K = ~np.isnan(values_K)
    if not seen_K.any():
        return Estimate(float("nan"), float("nan"), float("nan")), each
    means_B = np.array([row[~np.isnan(row)].mean() if not np.isnan(row).all() else np.nan for row in values_BK])
    return Estimate(float(values_K[seen_K].mean()), *percentiles(means_B)), each
