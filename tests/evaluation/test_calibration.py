"""Calibration error equals a hand-made figure, and a temperature that was put in is found again."""

import numpy as np
import pytest

from kinema.evaluation.calibration import (
    calibrate,
    confidences,
    ece,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    unknown_threshold,
)
from kinema.evaluation.predictions import Predictions


def calibrated(clips: int, several: bool = False) -> Predictions:
    """Predictions whose truth was drawn from their own probabilities."""
    draw = np.random.default_rng(3)
    logits = draw.normal(size=(clips, 1, 6)) * 2
    if several:
        targets = (draw.random((clips, 6)) < 1 / (1 + np.exp(-logits[:, 0]))).astype(np.int64)
    else:
        targets = (logits[:, 0] + draw.gumbel(size=(clips, 6))).argmax(axis=1)
    return Predictions(tuple(map(str, range(clips))), logits, targets, tuple("abcdef"))


def scaled(predictions: Predictions, factor: float) -> Predictions:
    return Predictions(predictions.paths, predictions.logits_NVK * factor, predictions.targets, predictions.labels)


def test_ece_by_hand() -> None:
    confidence = np.array([0.91, 0.93, 0.55, 0.58, 0.58])
    right = np.array([1, 0, 1, 1, 0])
    expected = 2 / 5 * abs(0.92 - 0.5) + 3 / 5 * abs(0.57 - 2 / 3)
    assert ece(confidence, right, bins=10) == pytest.approx(expected)
    table = reliability(confidence, right, bins=10)
    assert table.counts.tolist() == [0, 0, 0, 0, 0, 3, 0, 0, 0, 2]


def test_certain_answers_fall_in_the_last_bin() -> None:
    assert reliability(np.array([0.0, 1.0]), np.array([0, 1]), bins=4).counts.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_a_temperature_put_in_is_found_again(factor: float, several: bool) -> None:
    predictions = scaled(calibrated(4000, several), factor)
    temperature = fit_temperature(predictions)
    assert temperature == pytest.approx(factor, rel=0.06)
    assert ece(*confidences(predictions, temperature)) < 0.03
    best = negative_log_likelihood(predictions, temperature)
    assert all(best <= negative_log_likelihood(predictions, temperature * other) for other in (0.97, 1.03))


def test_unknown_keeps_the_share_of_right_answers_it_promises() -> None:
    predictions = calibrated(1000)
    learnt = calibrate(predictions)
    confidence, right = confidences(predictions, learnt.temperature)
    assert learnt.unknown_below is not None
    assert (confidence[right] >= learnt.unknown_below).mean() == pytest.approx(0.95, abs=0.002)
    assert unknown_threshold(np.array([0.5]), np.array([False])) is None
    assert "1000 validation clips" in learnt.how
