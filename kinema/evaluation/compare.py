"""Whether one result is better than another, or only luckier."""

from dataclasses import dataclass

import numpy as np

from kinema.evaluation.intervals import Estimate, groups_of, percentiles, resampled_sums, wilson
from kinema.evaluation.metrics import hits_N
from kinema.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Difference:
    """How much higher one top-1 accuracy is than another; `paired` when both were measured on the same clips, which
    come from so many `sources` (the fewer of two sets of clips)."""

    estimate: Estimate
    paired: bool
    sources: int


def difference(one: Predictions, other: Predictions, resamples: int = 2000, seed: int = 0) -> Difference:
    """Top-1 of `one` minus that of `other`, with its 95 % interval.

    On the same clips each resample draws the same sources for both, so what makes a clip hard for both cancels out;
    on different clips the two are resampled on their own, which gives a wider interval. Where all resamples agree on a
    difference, as they must for one source, they would claim certainty: there the interval goes so far to either side
    as Wilson's of something that happened in no source, unless the answers are the same to rounding.
    """
    hits = [hits_N(each.scores_NK(), each.targets) for each in (one, other)]
    paired = sorted(one.clips) == sorted(other.clips) and len(set(one.clips)) == len(one)
    value = float(hits[0].mean() - hits[1].mean())
    same = False
    groups = [groups_of(len(each), each.sources) for each in (one, other)]
    sources = min(int(found_N.max()) + 1 for found_N in groups)
    if paired:
        place = {clip: index for index, clip in enumerate(other.clips)}
        order = [place[clip] for clip in one.clips]
        same = alike(one.logits_NVK, other.logits_NVK[order])
        gain = hits[0] - hits[1][order]
        sums_BM = resampled_sums(np.stack([gain, np.ones_like(gain)], axis=1), groups[0], resamples, seed)
        means_B = sums_BM[:, 0] / sums_BM[:, 1]
    else:
        sums = [resampled_sums(np.stack([right, np.ones_like(right)], axis=1), groups_N, resamples, seed + place)
                for place, (right, groups_N) in enumerate(zip(hits, groups, strict=True))]
        means_B = sums[0][:, 0] / sums[0][:, 1] - sums[1][:, 0] / sums[1][:, 1]
    low, high = percentiles(means_B)
    if low == high and not same:
        most = wilson(0.0, sources)[1]
        low, high = max(value - most, -1.0), min(value + most, 1.0)
    return Difference(Estimate(value, low, high), paired, sources)


def alike(one_NVK: np.ndarray, other_NVK: np.ndarray) -> bool:
    """Are two networks' logits the same, to rounding?"""
    return one_NVK.shape == other_NVK.shape and np.allclose(one_NVK, other_NVK, rtol=1e-4, atol=1e-5)
