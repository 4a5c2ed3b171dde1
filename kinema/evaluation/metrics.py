"""How good predictions are: accuracies, confusion and average precision, each with its interval.

Axes: N clips, V views, K classes, B resamples.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinema.errors import DataError
from kinema.evaluation.average_precision import mean_average_precision
from kinema.evaluation.intervals import Estimate, groups_of, proportion, resampled_sums, sums_by_group
from kinema.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Metrics:
    """The measures of one set of predictions; proportions between 0 and 1.

    Video-level: the views of a clip are averaged before it is judged; `clip_top1` judges every view alone.
    With five classes or fewer `top5` is always 1 and says nothing. With several labels a clip, `top1` is how often the
    best-scored class is one of the clip's, `mean_class`, `precision_K` and `confusion_KK` do not exist, and
    `per_class` is average precision. A class without clips has a `per_class` value of nan and counts in no mean.
    """

    n: int
    groups: int
    top1: Estimate
    top5: Estimate
    mean_class: Estimate | None
    mean_ap: Estimate | None
    clip_top1: float
    per_class: tuple[Estimate, ...]
    counts_K: np.ndarray
    precision_K: np.ndarray | None
    confusion_KK: np.ndarray | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        shared = {"top1": self.top1, "top5": self.top5, "mean_class": self.mean_class, "mean_ap": self.mean_ap}
        return {
            **{name: estimate and estimate.value for name, estimate in shared.items()},
            "clip_top1": self.clip_top1,
            "n": self.n,
            "sources": self.groups,
            "intervals": {name: estimate and estimate.to_list() for name, estimate in shared.items()},
        }


def ranks_NK(scores_NK: np.ndarray) -> np.ndarray:
    """Each class's place in its clip's answer, 0 for the best; of equal scores the lower class number comes first."""
    order = np.argsort(-scores_NK, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(scores_NK.shape[1])[None], axis=1)
    return ranks


def hits_N(scores_NK: np.ndarray, targets: np.ndarray, top: int = 1) -> np.ndarray:
    """Whether a true class is among the `top` best of each clip. Shape (N,), 0 or 1."""
    ranks = ranks_NK(scores_NK)
    best = np.where(targets > 0, ranks, ranks.shape[1]).min(axis=1) if targets.ndim == 2 else ranks[
        np.arange(len(targets)), targets]
    return (best < top).astype(np.float64)


def confusion_KK(predicted_N: np.ndarray, targets_N: np.ndarray, classes: int) -> np.ndarray:
    """How many clips of each true class (row) were called each class (column)."""
    return np.bincount(targets_N * classes + predicted_N, minlength=classes * classes).reshape(classes, classes)


def metrics(predictions: Predictions, resamples: int = 1000, seed: int = 0) -> Metrics:
    """Every measure of `predictions`, with 95 % intervals by resampling their sources."""
    if not len(predictions):
        raise DataError("There are no clips to measure: every one was left out or could not be read.")
    scores, targets = predictions.scores_NK(), predictions.targets
    groups_N = groups_of(len(predictions), predictions.sources)
    groups, classes = int(groups_N.max()) + 1, len(predictions.labels)
    hits, hits5 = hits_N(scores, targets), hits_N(scores, targets, 5)
    views = predictions.view_scores_NVK()
    clip_top1 = float(np.mean([hits_N(views[:, view], targets).mean() for view in range(predictions.views)]))

    overall_BM = resampled_sums(np.stack([hits, hits5, np.ones_like(hits)], axis=1), groups_N, resamples, seed)
    top1, top5 = (
        proportion(float(values.mean()), overall_BM[:, column] / overall_BM[:, 2], groups)
        for column, values in enumerate((hits, hits5))
    )
    common: dict[str, Any] = {"n": len(hits), "groups": groups, "top1": top1, "top5": top5, "clip_top1": clip_top1}
    if predictions.multi_label:
        mean_ap, per_class = mean_average_precision(scores, targets, groups_N, resamples, seed)
        return Metrics(**common, mean_class=None, mean_ap=mean_ap, per_class=per_class,
                       counts_K=targets.sum(axis=0).astype(np.int64), precision_K=None, confusion_KK=None)

    predicted = scores.argmax(axis=1)
    table = confusion_KK(predicted, targets, classes)
    mean_class, per_class = _recalls(hits, targets, groups_N, classes, resamples, seed)
    called = table.sum(axis=0)
    precision = _ratio(table.diagonal(), called)
    return Metrics(**common, mean_class=mean_class, mean_ap=None, per_class=per_class,
                   counts_K=table.sum(axis=1), precision_K=precision, confusion_KK=table)


def _recalls(
    hits: np.ndarray, targets_N: np.ndarray, groups_N: np.ndarray, classes: int, resamples: int, seed: int
) -> tuple[Estimate, tuple[Estimate, ...]]:
    """The mean over classes of the share of each class's clips that was recognised, and each class's share."""
    member_NK = np.eye(classes)[targets_N]
    sums_BM = resampled_sums(np.concatenate([hits[:, None] * member_NK, member_NK], axis=1), groups_N, resamples, seed)
    recalls_BK = _ratio(sums_BM[:, :classes], sums_BM[:, classes:])
    recall_K = _ratio((hits[:, None] * member_NK).sum(axis=0), member_NK.sum(axis=0))
    groups_K = (sums_by_group(member_NK, groups_N) > 0).sum(axis=0)
    each = tuple(proportion(float(recall_K[k]), recalls_BK[:, k], int(groups_K[k])) for k in range(classes))
    seen = recall_K[~np.isnan(recall_K)]
    means_B = np.nansum(recalls_BK, axis=1) / (~np.isnan(recalls_BK)).sum(axis=1)
    return proportion(float(seen.mean()), means_B, int(groups_N.max()) + 1), each


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
