"""Whether a score means what it says: calibration error, a temperature that mends it, and when to answer `unknown`.

Axes: N clips (or answers), V views, K classes.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import file_digest
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from kinema.errors import DataError
from kinema.evaluation.predictions import Predictions

BINS = 15
KEPT = 0.95  # share of correct validation clips that stay above the `unknown` threshold


@dataclass(frozen=True)
class Calibration:
    """What validation clips taught about a network's scores; `unknown_below` is None where nothing could be learnt.

    Divide logits by `temperature` before turning them into probabilities; a best score under `unknown_below` is
    best answered "unknown". `how` says in words how both were chosen, `weights` is the digest of the weights.
    """

    temperature: float = 1.0
    unknown_below: float | None = None
    clips: int = 0
    how: str = "not calibrated: no validation clips were kept aside"
    weights: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, run: Path) -> "Calibration":
        """What a run's calibration.json says of its best weights; nothing learnt where there is none, or of others."""
        path = run / "calibration.json"
        learnt = cls(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else cls()
        return learnt if learnt.clips and learnt.weights == digest(run / "best.safetensors") else cls()


def digest(weights: Path) -> str:
    """What tells a file of weights from every other."""
    with weights.open("rb") as file:
        return file_digest(file, "blake2b").hexdigest()[:32]


def confidences(predictions: Predictions, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """How sure each answer is and whether it is right, both of shape (N,).

    One answer a clip, its best class; with several labels a clip, one a clip and class: yes or no.
    """
    scores = predictions.scores_NK(temperature)
    if predictions.multi_label:
        return np.maximum(scores, 1 - scores).ravel(), ((scores > 0.5) == (predictions.targets > 0)).ravel()
    return scores.max(axis=1), scores.argmax(axis=1) == predictions.targets


@dataclass(frozen=True)
class Reliability:
    """How often answers of each confidence are right: per bin of equal width, nan where a bin is empty."""

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def ece(self) -> float:
        """The expected calibration error: the mean gap between confidence and accuracy, weighted by counts."""
        gaps = np.nan_to_num(np.abs(self.confidence - self.accuracy))
        return float((self.counts * gaps).sum() / max(1, self.counts.sum()))


def reliability(confidence_N: np.ndarray, right_N: np.ndarray, bins: int = BINS) -> Reliability:
    """Sort answers into `bins` bins (low, high] of equal width between 0 and 1."""
    bin_N = np.clip(np.ceil(confidence_N * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(bin_N, minlength=bins)
    sums = (np.bincount(bin_N, weights=values, minlength=bins) for values in (confidence_N, right_N))
    means = [np.divide(total, counts, out=np.full(bins, np.nan), where=counts > 0) for total in sums]
    return Reliability(np.linspace(0, 1, bins + 1), counts, *means)


def ece(confidence_N: np.ndarray, right_N: np.ndarray, bins: int = BINS) -> float:
    """The expected calibration error (Naeini et al. 2015; Guo et al. 2017) of answers' confidences."""
    return reliability(confidence_N, right_N, bins).ece


def negative_log_likelihood(predictions: Predictions, temperature: float) -> float:
    """The mean surprise, in nats, at the truth: per clip or, with several labels a clip, per clip and class."""
    scores = np.clip(predictions.scores_NK(temperature), 1e-12, 1 - 1e-12)
    if predictions.multi_label:
        return -float(np.where(predictions.targets > 0, np.log(scores), np.log1p(-scores)).mean())
    return -float(np.log(scores[np.arange(len(scores)), predictions.targets]).mean())


def fit_temperature(predictions: Predictions) -> float:
    """The temperature, between 0.05 and 20, under which the truth is least surprising (Guo et al. 2017).

    Fit it on validation clips, never on those that will be reported.
    """
    return exp(_lowest(lambda exponent: negative_log_likelihood(predictions, exp(exponent)), log(0.05), log(20.0)))


def unknown_threshold(confidence_N: np.ndarray, right_N: np.ndarray, kept: float = KEPT) -> float | None:
    """The confidence that a share `kept` of the right answers reaches; None when no answer is right."""
    right = confidence_N[right_N.astype(bool)]
    return float(np.quantile(right, 1 - kept, method="lower")) if len(right) else None


def calibrate(validation: Predictions) -> Calibration:
    """Temperature and `unknown` threshold from validation clips."""
    if not len(validation):
        raise DataError("There are no validation clips to calibrate on.")
    temperature = fit_temperature(validation)
    below = None if validation.multi_label else unknown_threshold(*confidences(validation, temperature))
    how = f"temperature {temperature:.2f} makes the {len(validation)} validation clips least surprising"
    if below is not None:
        how += f"; {100 * KEPT:.0f} % of those recognised correctly score {below:.2f} or more; below is unknown"
    return Calibration(temperature, below, len(validation), how)


def _lowest(function: Callable[[float], float], low: float, high: float, steps: int = 40) -> float:
    """Where a function with one valley is lowest, by golden section."""
    golden = (sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(steps):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = function(right)
    return (low + high) / 2
