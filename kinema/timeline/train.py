"""Learning when things happen: a temporal head on the features of long videos, and thresholds on others."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from kinema.data.labels import find_label, label_numbers
from kinema.errors import DataError, KinemaError, counted
from kinema.evaluation.calibration import digest
from kinema.files import write_json
from kinema.inference.recognizer import Recognizer
from kinema.runs import Run
from kinema.timeline.decode import Rule, segments
from kinema.timeline.detection_map import temporal_map
from kinema.timeline.footage import Known, annotated, of_films, own_sides
from kinema.timeline.head import Lesson, train_head
from kinema.timeline.learnt import METHODS, Learnt
from kinema.timeline.thresholds import Goal, Judged, choose_thresholds
from kinema.timeline.truth import read_truth

OVERLAP = 4  # windows for each moment
PER_CLASS, ALL_CLASSES = 40, 400  # clips in the films that are learnt from, at least; half as many choose thresholds


def train_timeline(
    run: str | PathLike[str] | Run, truth: str | Path | None = None, root: str | Path | None = None,
    quiet: Sequence[str] = (), goal: Goal | None = None, overlap: int = OVERLAP, per_class: int | None = None,
    seed: int = 0, device: str | None = None,
) -> Learnt:
    """Learn when a run's classes happen in long videos, and choose thresholds; writes RUN/timeline.

    Films are put together from the run's own clips, with pictures of nothing between them: those of its training side
    are learnt from, those of its validation side choose the thresholds. truth: a list of annotated long videos (see
    `read_truth`), found under `root`: those to train on are learnt from too, and the others choose the thresholds in
    place of films. quiet: classes in which nothing happens. goal: the precision or recall that thresholds are to reach.
    overlap: windows for each moment. per_class: clips of each class in the films that are learnt from; None: 40, or
    more where there are fewer than ten classes.
    """
    run = run if isinstance(run, Run) else Run.open(Path(run))
    per_class = max(PER_CLASS, ALL_CLASSES // len(run.labels)) if per_class is None else per_class
    if overlap < 1 or per_class < 1:
        raise KinemaError(f"An overlap of {overlap} and {per_class} clips of each class were asked for; expected 1 or "
                          "more of both.")
    recognizer = Recognizer(run, device)
    numbers = label_numbers(recognizer.labels)
    calm = frozenset(find_label(name, numbers, recognizer.labels, "The quiet classes") for name in quiet)
    if len(calm) == len(recognizer.labels):
        raise DataError("All classes are quiet, so nothing is left to find.")
    calm_names = tuple(recognizer.labels[k] for k in sorted(calm))
    known = read_truth(truth, recognizer.labels) if truth is not None else None
    paths = known.paths(root) if known else {}
    train_table, validation_table, note = own_sides(run)
    if not (known or train_table.rows):
        why = run.clipless or f"None of the clips that {run.path} was trained on is there any more"
        raise DataError(f"{why}. Name annotated videos with --truth.")
    lessons = of_films(recognizer, train_table, calm, per_class, overlap, seed) if train_table.rows else []
    if known:
        key = ("timeline", digest(run.path / "best.safetensors"), recognizer.calibration.temperature)
        more, judged, note = annotated(recognizer, known, paths, calm_names, key, overlap)
        lessons, note = lessons + more, f"{known.note} {note}".strip()
        if not any(each.truth for each in judged):  # told before the head is learnt
            raise DataError(f"In {truth}, nothing happens in the videos to choose thresholds on. Give split=val to "
                            "some in which something does.")
    else:
        judged = of_films(recognizer, validation_table, calm, max(per_class // 2, 1), overlap, seed + 1000)
    head = train_head([Lesson.of(each.played, each.truth, recognizer.labels) for each in lessons], seed)
    found: dict[str, list[Judged]] = {
        "head": [(head.track(each.played), each.truth) for each in judged],
        "windows": [(each.played.track, each.truth) for each in judged],
    }
    rule = Rule.usual(recognizer.window_seconds)
    measures = {method: measured(found[method], recognizer.labels, rule, calm_names) for method in METHODS}
    better = max(METHODS, key=lambda method: measures[method]["average_mAP"])
    words = f"{told(lessons)} to learn from, {told(judged)} to choose thresholds on"
    learnt = Learnt(head, overlap, recognizer.window_seconds, recognizer.labels, calm_names, better, found, measures,
                    words, note)
    folder = learnt.save(run.path)
    write_json(folder / "thresholds.json", learnt.thresholds(better, goal or Goal()).to_dict())
    return learnt


def measured(videos: Sequence[Judged], labels: Sequence[str], rule: Rule, quiet: Sequence[str]) -> dict[str, Any]:
    """What one method reaches on the videos that thresholds are chosen on, with the best of these."""
    values_K = choose_thresholds(videos, labels, rule, Goal(), quiet).values_K
    truth = {str(number): there for number, (_, there) in enumerate(videos)}
    found = {str(number): segments(track, labels, values_K, rule) for number, (track, _) in enumerate(videos)}
    return temporal_map(truth, found, sum(track.lasts_seconds for track, _ in videos)).to_dict()


def told(videos: Sequence[Known]) -> str:
    """Videos in words: how many, and how long."""
    minutes = sum(each.played.track.lasts_seconds for each in videos) / 60
    return f"{counted(len(videos), 'video')} ({minutes:.0f} minutes)"
