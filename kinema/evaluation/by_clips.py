"""Accuracy against the number of clips of each video that are averaged."""

from dataclasses import replace

import numpy as np

from kinema.evaluation.intervals import Estimate
from kinema.evaluation.metrics import metrics
from kinema.evaluation.predictions import Predictions


def accuracy_by_clips(predictions: Predictions, crops: int = 1) -> list[tuple[int, Estimate]]:
    """Top-1 with its interval for 1, 2, ... of the clips in time, all `crops` of each.

    The clips are spread evenly from the first to the last; one is the middle one.
    """
    clips = predictions.views // crops
    logits_NTPK = predictions.logits_NVK.reshape(len(predictions), clips, crops, -1)
    found = []
    for count in range(1, clips + 1):
        kept = logits_NTPK[:, spread(clips, count)].reshape(len(predictions), count * crops, -1)
        found.append((count, metrics(replace(predictions, logits_NVK=kept)).top1))
    return found


def spread(clips: int, count: int) -> np.ndarray:
    """Which `count` of so many clips are spread evenly over all."""
    return np.rint(np.linspace(0, clips - 1, count)).astype(int) if count > 1 else np.array([clips // 2])
