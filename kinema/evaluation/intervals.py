"""How sure a measured number is: 95 % intervals by resampling whole sources.

Clips cut from one recording rise and fall together, so a resample draws sources, each with all of its clips
(the cluster bootstrap); without sources each clip is its own. With fewer than about twenty sources such intervals
are somewhat too narrow. Axes: N clips, G groups (sources), B resamples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np

FEW = 20  # sources, of fewer than which intervals are too narrow
_CHUNK = 50  # resamples held in memory at once


@dataclass(frozen=True)
class Estimate:
    """A measured value between the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def to_list(self) -> list[float | None]:
        """The interval's two ends, for JSON, where what is not a number is null."""
        return [None if isnan(end) else end for end in (self.low, self.high)]


def trust(sources: int) -> str:
    """What a user should know of intervals over so many sources, a sentence; "" where they are enough."""
    if sources >= FEW:
        return ""
    said = f"The clips come from {sources} source{'s' * (sources > 1)} only"
    return f"{said}: of fewer than {FEW} such intervals are too narrow."


def groups_of(clips: int, sources: Sequence[str] | None) -> np.ndarray:
    """Each clip's group as a number from 0: the clips of one source share theirs. Shape (N,)."""
    if sources is None:
        return np.arange(clips)
    return np.unique(np.asarray(sources), return_inverse=True)[1].reshape(-1)


def resample_weights(groups: int, resamples: int, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each group was drawn in each resample, in chunks of shape (up to 50 resamples, G)."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _CHUNK):
        count = min(_CHUNK, resamples - start)
        drawn = generator.integers(0, groups, size=(count, groups)) + groups * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * groups).reshape(count, groups).astype(np.float64)


def sums_by_group(values_NM: np.ndarray, groups_N: np.ndarray) -> np.ndarray:
    """The sum of each column over the clips of each group. Shape (G, M)."""
    order = np.argsort(groups_N, kind="stable")
    firsts = np.flatnonzero(np.diff(groups_N[order], prepend=-1))
    return np.add.reduceat(values_NM[order], firsts, axis=0)


def resampled_sums(values_NM: np.ndarray, groups_N: np.ndarray, resamples: int = 1000, seed: int = 0) -> np.ndarray:
    """The sum of each column of per-clip values in each resample: ratios of sums are all most metrics need. (B, M)."""
    sums_GM = sums_by_group(values_NM, groups_N)
    return np.concatenate([weights @ sums_GM for weights in resample_weights(len(sums_GM), resamples, seed)])


def percentiles(values_B: np.ndarray) -> tuple[float, float]:
    """The ends of the middle 95 % of resampled values; resamples in which the value does not exist are left out."""
    known = values_B[~np.isnan(values_B)]
    return (float("nan"), float("nan")) if not len(known) else tuple(np.quantile(known, (0.025, 0.975)).tolist())


def wilson(value: float, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion seen in `trials` independent trials."""
    if trials == 0 or isnan(value):
        return float("nan"), float("nan")
    z2 = 1.959964**2
    centre = (value + z2 / (2 * trials)) / (1 + z2 / trials)
    half = sqrt(z2 * (value * (1 - value) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    return max(0.0, min(value, centre - half)), min(1.0, max(value, centre + half))


def proportion(value: float, values_B: np.ndarray, groups: int) -> Estimate:
    """A proportion with its resampled interval.

    Where all resamples agree, since every clip is right (or wrong) or all sources are alike or there is but one, they
    would claim certainty: there it is Wilson's interval with each of the `groups` counted as one trial.
    """
    low, high = percentiles(values_B)
    return Estimate(value, *(wilson(value, groups) if low == high else (low, high)))
