"""What the page says about several evaluations together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kinema.evaluation.compare import difference
from kinema.evaluation.intervals import Estimate
from kinema.evaluation.report import words
from kinema.evaluation.report.chapter import epoch_lines
from kinema.evaluation.report.figures import curves
from kinema.evaluation.report.videos import playable, scored_clips, varied
from kinema.evaluation.result import Evaluation


@dataclass(frozen=True)
class Whisker:
    """A bar and its interval, in hundredths of the width of its place."""

    value: float
    low: float
    width: float

    @classmethod
    def of(cls, estimate: Estimate) -> "Whisker":
        """The bar of a share between 0 and 1."""
        value, low, high = (round(100 * share, 2) for share in (estimate.value, estimate.low, estimate.high))
        return cls(value, low, round(high - low, 2))


def side_by_side(evaluations: Sequence[Evaluation], ids: Sequence[str], budget: int) -> dict[str, Any]:
    """Several evaluations: the best two in words, all of them in a table, the classes and clips where they differ.

    ids: of their chapters on the page. budget: bytes for videos.
    """
    ranked = sorted(evaluations, key=lambda each: -each.top1)
    gap = difference(ranked[0].predictions, ranked[1].predictions)
    first = evaluations[0]
    column, title = ("validation", "Accuracy on validation clips")
    runs = [(each.about.model, each.about.run) for each in evaluations]
    if not epoch_lines(runs, column):
        column, title = ("accuracy", "Accuracy on training clips")
    return {
        "headline": words.comparison(ranked[0], ranked[1], gap),
        "explanation": words.comparison_explained(ranked[0], ranked[1], gap),
        "measure": "mean average precision" if first.predictions.multi_label else "top-1",
        "top5": len(first.predictions.labels) > 5,
        "guess": "" if first.predictions.multi_label else words.percent(words.majority(first)),
        "rows": [row(each, id) for each, id in zip(evaluations, ids, strict=True)],
        "curves": curves(epoch_lines(runs, column), f"{title} over epochs", as_percent=True),
        "curves_title": title,
        "classes": classes(evaluations),
        "better": ranked[0].about.model,
        "worse": ranked[1].about.model,
        "contrast": contrast(ranked[0], ranked[1], budget) if gap.paired else [],
    }


def row(evaluation: Evaluation, id: str) -> dict[str, Any]:
    """One evaluation's line of the table."""
    estimate, measured = words.main_estimate(evaluation), evaluation.metrics
    return {
        "id": id, "model": evaluation.about.model, "bar": Whisker.of(estimate), "value": words.percent(estimate.value),
        "between": words.between(estimate), "mean_class": words.percent(evaluation.mean_class),
        "top5": words.percent(measured.top5.value), "cost": f"{evaluation.about.gmacs * evaluation.views:.3g}",
        "parameters": words.big(evaluation.about.parameters), "clips": f"{evaluation.n:,}",
    }


def contrast(better: Evaluation, worse: Evaluation, budget: int, most: int = 6) -> list[dict[str, Any]]:
    """Clips that one gets right and the other wrong, those first on which both are surest, with their videos."""
    other = dict(zip(worse.predictions.clips, scored_clips(worse), strict=True))
    both = [(right, other[clip]) for clip, right in zip(better.predictions.clips, scored_clips(better), strict=True)
            if right.right and not other[clip].right]
    both.sort(key=lambda pair: -min(pair[0].score, pair[1].score))
    answers = {id(wrong): right for right, wrong in both}
    shown = []
    for wrong in varied((wrong for _, wrong in both), most):
        video = playable(better, wrong.row)
        if video is not None and len(video.video) + len(video.still) <= budget:
            budget -= len(video.video) + len(video.still)
            shown.append({"right": answers[id(wrong)], "wrong": wrong, "video": video})
    return shown


def classes(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """The classes that every evaluation has, with each one's share recognised, in hundredths, the widest gaps first."""
    shared = [label for label in evaluations[0].predictions.labels
              if all(label in each.predictions.labels for each in evaluations)]
    rows = []
    for label in shared:
        values = [each.metrics.per_class[each.predictions.labels.index(label)].value for each in evaluations]
        if all(value == value for value in values):
            rows.append({"label": label, "shares": [round(100 * value, 1) for value in values]})
    return sorted(rows, key=lambda each: min(each["shares"]) - max(each["shares"]))
