"""Whether one result is better than another, or only luckier."""

from dataclasses import dataclass

import numpy as np

from kinema.evaluation.intervals import Estimate, groups_of, percentiles, resampled_sums
from kinema.evaluation.metrics import hits_N
from kinema.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Difference:
    """How much higher one top-1 accuracy is than another; `paired` when both were measured on the same clips."""

    estimate: Estimate
    paired: bool


def difference(one: Predictions, other: Predictions, resamples: int = 2000, seed: int = 0) -> Difference:
    """Top-1 of `one` minus that of `other`, with its 95 % interval.

    On the same clips each resample draws the same sources for both, so what makes a clip hard for both cancels out;
    on different clips the two are resampled on their own, which gives a wider interval.
    """
    hits = [hits_N(each.scores_NK(), each.targets) for each in (one, other)]
    paired = sorted(one.clips) == sorted(other.clips) and len(set(one.clips)) == len(one)
    value = float(hits[0].mean() - hits[1].mean())
    if paired:
        place = {clip: index for index, clip in enumerate(other.clips)}
        gain = hits[0] - hits[1][[place[clip] for clip in one.clips]]
        sums_BM = resampled_sums(np.stack([gain, np.ones_like(gain)], axis=1), groups_of(len(one), one.sources),
                                 resamples, seed)
        means_B = sums_BM[:, 0] / sums_BM[:, 1]
    else:
        sums = [resampled_sums(np.stack([right, np.ones_like(right)], axis=1), groups_of(len(each), each.sources),
                               resamples, seed + place) for place, (right, each) in enumerate(zip(hits, (one, other),
                                                                                                  strict=True))]
        means_B = sums[0][:, 0] / sums[0][:, 1] - sums[1][:, 0] / sums[1][:, 1]
    return Difference(Estimate(value, *percentiles(means_B)), paired)
