"""A recognised video as plain values, with segments of time in which one thing happens.

This is the one place where windows become segments. Axes: N windows, K classes.
"""

from itertools import groupby, pairwise
from typing import Any

import numpy as np

from kinema.inference.recognizer import Recognizer, Result

KEPT = 20  # classes whose scores over time are kept: those that score best anywhere
USUAL_THRESHOLD = 0.5


def answer_of(recognizer: Recognizer, result: Result, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a caller gets: labels from the best down and, of a timeline, scores over time and segments."""
    top = [{"label": label, "score": round(score, 6)} for label, score in result.top[: options["top"]]]
    answer: dict[str, Any] = {"top": top, "unknown": result.unknown, "warnings": list(result.warnings)}
    scores_NK = np.stack([scores_K for _, _, scores_K in result.windows])
    order = np.argsort(-scores_NK.max(0), kind="stable")[:KEPT]
    labels = [recognizer.labels[k] for k in order]
    kept_NK = scores_NK[:, order]
    answer["labels"] = labels
    answer["windows"] = [{"start_seconds": round(start, 4), "end_seconds": round(end, 4),
                          "scores": [round(float(score), 4) for score in scores_K]}
                         for (start, end, _), scores_K in zip(result.windows, kept_NK, strict=True)]
    if kind == "timeline":
        spans = [(start, end) for start, end, _ in result.windows]
        answer["segments"] = segments(spans, kept_NK, labels, options["threshold"], recognizer.multi_label)
    return answer


def segments(
    spans: list[tuple[float, float]], scores_NK: np.ndarray, labels: list[str], threshold: float, several: bool
) -> list[dict[str, Any]]:
    """Stretches of time whose score for a label is `threshold` or more: the best label's alone, or with `several` each.

    The score at a time is the mean over the windows around it; where it is low for all, nothing is claimed.
    """
    bounds = sorted({time for span in spans for time in span})
    starts_N, ends_N = (np.array(times) for times in zip(*spans, strict=True))
    steps: list[tuple[float, float, np.ndarray]] = []
    for begin, end in pairwise(bounds):
        covering_N = (starts_N <= begin) & (ends_N >= end)
        if covering_N.any():
            steps.append((begin, end, scores_NK[covering_N].mean(0)))
    found = []
    for k, label in enumerate(labels):
        held = [score_K[k] >= threshold and (several or score_K.argmax() == k) for _, _, score_K in steps]
        for is_held, group in groupby(zip(held, steps, strict=True), key=lambda pair: bool(pair[0])):
            parts = [step for _, step in group]
            if is_held:
                weights = [end - begin for begin, end, _ in parts]
                score = float(np.average([score_K[k] for *_, score_K in parts], weights=weights))
                found.append({"label": label, "start_seconds": round(parts[0][0], 4),
                              "end_seconds": round(parts[-1][1], 4), "score": round(score, 4)})
    return sorted(found, key=lambda one: (one["start_seconds"], -one["score"]))
