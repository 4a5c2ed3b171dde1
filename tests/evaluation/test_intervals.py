"""Intervals hold the truth about as often as they claim to."""

import re

import numpy as np
import pytest

from kinema.evaluation.intervals import groups_of, percentiles, proportion, resampled_sums, trust, wilson


def share_covered(sources: int, clips_each: int, together: float, grouped: bool) -> float:
    """How often an interval holds the true accuracy of 0.8, when clips of a source agree with a chance `together`."""
    draw, covered = np.random.default_rng(7), 0
    names = [f"s{source}" for source in range(sources) for _ in range(clips_each)]
    groups = groups_of(len(names), names if grouped else None)
    for trial in range(300):
        own = draw.random((sources, clips_each)) < 0.8
        shared = draw.random((sources, 1)) < 0.8
        right = np.where(draw.random((sources, clips_each)) < together, shared, own).astype(float).reshape(-1, 1)
        sums = resampled_sums(np.concatenate([right, np.ones_like(right)], axis=1), groups, 200, seed=trial)
        low, high = percentiles(sums[:, 0] / sums[:, 1])
        covered += low <= 0.8 <= high
    return covered / 300


def test_clips_that_stand_alone() -> None:
    assert share_covered(150, 1, 0.0, grouped=False) == pytest.approx(0.95, abs=0.035)


def test_clips_of_one_source_rise_and_fall_together() -> None:
    assert share_covered(40, 6, 0.9, grouped=True) > 0.9
    assert share_covered(40, 6, 0.9, grouped=False) < 0.75  # what ignoring the sources would cost


def test_a_perfect_score_is_not_certain() -> None:
    estimate = proportion(1.0, np.ones(100), groups=100)
    assert estimate.high == 1.0
    assert estimate.low == pytest.approx(0.963, abs=1e-3)


def test_sources_that_agree_are_not_certain_either() -> None:
    estimate = proportion(0.25, np.full(100, 0.25), groups=1)
    assert estimate.low < 0.1
    assert estimate.high > 0.7


def test_wilson_equals_the_table() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert np.isnan(wilson(0.5, 0)).all()


def test_seeded() -> None:
    values = np.random.default_rng(0).random((30, 2))
    first, again, other = (resampled_sums(values, np.arange(30), 120, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (120, 2)


@pytest.mark.parametrize(("sources", "told"), [(1, "from 1 source only"), (19, "from 19 sources only"), (20, "^$")])
def test_intervals_over_few_sources_are_told(sources: int, told: str) -> None:
    assert re.search(told, trust(sources))
