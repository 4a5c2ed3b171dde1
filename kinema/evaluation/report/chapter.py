"""What the page says about one evaluation: every figure and sentence, ready to be set."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from kinema.evaluation.calibration import confidences, reliability
from kinema.evaluation.intervals import Estimate
from kinema.evaluation.report import words
from kinema.evaluation.report.figures import Line, curves, reliability_chart
from kinema.evaluation.report.matrix import MOST, confusion_chart
from kinema.evaluation.report.videos import Playable, Scored, playable, scored_clips, telling
from kinema.evaluation.result import Evaluation
from kinema.runs import Run

VIDEO_BYTES = 3_500_000  # of all videos of a page

TITLES = {
    "worst": ("Surest mistakes", "Wrong, with the highest scores: what to look at first."),
    "close": ("Nearly missed", "Right, with the lowest scores."),
    "best": ("Surest right answers", "Right, with the highest scores."),
}


@dataclass(frozen=True)
class Bar(Estimate):
    """One class's bar: shares between 0 and 1; `precision` is nan where the class was never answered."""

    label: str
    clips: int
    precision: float


def read_epochs(run: Path) -> list[dict[str, float]]:
    """The course of a run's training, an epoch a row; what was not measured is left out."""
    path = run / "epochs.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items() if name and value} for row in csv.DictReader(file)]


def epoch_lines(runs: list[tuple[str, Path]], column: str) -> list[Line]:
    """A column of several runs' epochs.csv as curves."""
    lines = []
    for place, (name, run) in enumerate(runs):
        rows = [row for row in read_epochs(run) if column in row]
        lines.append(Line(name, [row["epoch"] + 1 for row in rows], [row[column] for row in rows], f"s{place}"))
    return [line for line in lines if line.xs]


def learning_figures(run: Path) -> dict[str, str]:
    """The loss and the accuracies over a run's epochs."""
    loss = curves(epoch_lines([("training loss", run)], "loss"), "Training loss over epochs")
    training = epoch_lines([("training", run)], "accuracy")
    validation = [replace(line, style="s1") for line in epoch_lines([("validation", run)], "validation")]
    accuracy = curves(training + validation, "Accuracy over epochs on training and validation clips", as_percent=True)
    return {"loss": loss, "accuracy": accuracy, "validated": "yes" if validation else ""}


def bars(evaluation: Evaluation) -> list[Bar]:
    """Each class that has clips, the hardest first."""
    measured = evaluation.metrics
    precision_K = np.full(len(measured.per_class), np.nan) if measured.precision_K is None else measured.precision_K
    rows = [
        Bar(each.value, each.low, each.high, label, int(clips), float(precision))
        for label, each, clips, precision in zip(
            evaluation.predictions.labels, measured.per_class, measured.counts_K, precision_K, strict=True)
        if clips
    ]
    return sorted(rows, key=lambda bar: bar.value)


def gallery(evaluation: Evaluation, budget: int) -> list[dict[str, Any]]:
    """Groups of clips with their videos, as many as fit into `budget` bytes."""
    groups = []
    for name, clips in telling(scored_clips(evaluation)).items():
        cards: list[tuple[Scored, Playable]] = []
        for clip in clips:
            video = playable(evaluation, clip.row)
            if video is not None and len(video.video) + len(video.still) <= budget:
                budget -= len(video.video) + len(video.still)
                cards.append((clip, video))
        if cards:
            title, said = TITLES[name]
            groups.append({"name": name, "title": title, "said": said, "cards": cards})
    return groups


def tiles(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """The main numbers: what it is, the number, and how to read it."""
    measured, about = evaluation.metrics, evaluation.about
    rows = []
    if measured.mean_ap is not None:
        rows.append(("Mean average precision", words.percent(measured.mean_ap.value), words.between(measured.mean_ap)))
    rows.append(("Top-1", words.percent(measured.top1.value), words.between(measured.top1)))
    if len(evaluation.predictions.labels) > 5:
        rows.append(("Top-5", words.percent(measured.top5.value), words.between(measured.top5)))
    if measured.mean_class is not None:
        rows.append(("Mean of classes", words.percent(measured.mean_class.value), words.between(measured.mean_class)))
    if evaluation.predictions.views > 1:
        averaged = f"top-1; above, the {about.average} of {evaluation.views} are averaged"
        rows.append(("A view alone", words.percent(measured.clip_top1), averaged))
    cost, gmacs = about.gmacs * evaluation.views, "billion multiply-adds"
    each = f"{about.gmacs:.3g} a view × {evaluation.views} views" if evaluation.views > 1 else gmacs
    rows.append(("GMACs a video", f"{cost:.3g}", each))
    if about.flow_seconds:
        seconds = about.flow_seconds * about.views[0]
        rows.append(("Flow a video", f"{seconds:.2g} s", "to find, in one thread, before that"))
    rows.append(("Parameters", words.big(about.parameters), about.model))
    return rows


def chapter(evaluation: Evaluation, id: str, budget: int = VIDEO_BYTES) -> dict[str, Any]:
    """One evaluation's part of the page. id: its anchor. budget: bytes for its videos."""
    measured, labels = evaluation.metrics, evaluation.predictions.labels
    confusion = measured.confusion_KK
    table = reliability(*confidences(evaluation.predictions, evaluation.calibration.temperature))
    return {
        "id": id,
        "evaluation": evaluation,
        "headline": words.headline(evaluation),
        "explanation": words.explanation(evaluation),
        "tiles": tiles(evaluation),
        "pairs": [] if confusion is None else words.confused_pairs(confusion, labels),
        "matrix": "" if confusion is None else confusion_chart(confusion, labels),
        "matrix_cut": confusion is not None and int((measured.counts_K > 0).sum()) > MOST,
        "groups": gallery(evaluation, budget),
        "bars": bars(evaluation),
        "calibration": words.calibration_words(evaluation),
        "reliability": reliability_chart(table, "How often answers of each score are right"),
        "learning": learning_figures(evaluation.about.run),
        "facts": facts(evaluation),
        "command": command(evaluation),
    }


def facts(evaluation: Evaluation) -> list[tuple[str, str]]:
    """What was trained on what, and judged on what."""
    import torch

    from kinema import __version__
    from kinema.models.names import is_fitted

    about = evaluation.about
    run = Run.open(about.run)
    recipe, clip, sides = run.recipe, run.clip, run.facts.get("clips", {})
    protocol = about.protocol
    judged = [("Judged clip", about.clip.words)] if about.clip and protocol.clip(clip) != clip else []
    trained = f"{words.count(sides['train'], 'clip')} of {recipe.data}" if "train" in sides else recipe.data
    learnt = [
        ("Trained on", f"{trained}, once, without gradients" if is_fitted(recipe.model) else
                       f"{trained}, {words.count(recipe.epochs, 'epoch')}, batches of {recipe.batch}, "
                       f"{recipe.optimizer}, learning rate {recipe.lr:g}"),
        ("Chosen on", f"{words.count(sides['validation'], 'clip')} kept aside" if sides.get("validation") else
                      "nothing: the last weights, no validation clips were kept aside"),
    ]
    return [
        ("Network", f"{about.model}, {about.which} weights, {words.big(about.parameters)} parameters"),
        ("Clip", clip.words),
        *([("Weights", f"{run.adopted}, trained elsewhere")] if run.adopted else learnt),
        ("Judged on", f"{words.count(evaluation.n, 'clip')} of {about.data}"),
        ("Protocol", f"{protocol.words} (crops × clips of each video)"),
        *judged,
        ("Split", recipe.split or "the data's own, else one clip in five, never a source on both sides"),
        ("Seed", str(recipe.seed)),
        ("Versions", f"kinema {__version__}, torch {torch.__version__}"),
        ("Judging took", f"{about.seconds:.0f} s, {about.seconds / max(evaluation.n, 1) * 1000:.0f} ms a video"),
    ]


def command(evaluation: Evaluation) -> str:
    """The commands that make this result again."""
    about = evaluation.about
    run = quote(str(about.run))
    adopted, made = Run.open(about.run).adopted, f"kinema train --recipe {run}/recipe.yaml"
    if adopted:
        made = f"kinema weights adopt {quote(adopted)} --out {run}"
    return f"{made}\nkinema evaluate {run} {about.asked}".rstrip()
