"""The score from which each class counts as happening, chosen on videos whose truth is known.

Axes: N steps in time, K classes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kinema.errors import DataError
from kinema.timeline.decode import Rule, of_class, segments, smoothed
from kinema.timeline.detection_map import HIT, matches, temporal_map, tiou
from kinema.timeline.segments import Segment, Track

FEWEST = 4  # true segments from which a class has a threshold of its own; with fewer all classes share one
CANDIDATES = 40
NEVER = 2.0  # a threshold that no score reaches

Judged = tuple[Track, Sequence[Segment]]  # a video's scores, and what truly happens in it


@dataclass(frozen=True)
class Goal:
    """What thresholds are to reach in validation: a precision, or a recall; without either the best F1 of both."""

    precision: float | None = None
    recall: float | None = None

    def __post_init__(self) -> None:
        if self.precision is not None and self.recall is not None:
            raise DataError("Ask for a precision or for a recall: each threshold gives one at the cost of the other.")
        for name, share in (("precision", self.precision), ("recall", self.recall)):
            if share is not None and not 0 < share <= 1:
                raise DataError(f"A {name} of {share:g} was asked for; expected a share above 0, up to 1.")

    @property
    def words(self) -> str:
        """The goal, in words."""
        for name, share in (("precision", self.precision), ("recall", self.recall)):
            if share is not None:
                return f"{name} {100 * share:g}%"
        return "the best balance of precision and recall (F1)"

    def reached(self, count: "Count") -> bool:
        """Whether what a threshold gives is what was asked for."""
        if self.recall is not None:
            return count.recall >= self.recall
        return self.precision is None or (count.right > 0 and count.precision >= self.precision)


@dataclass(frozen=True)
class Reached:
    """One class's threshold, and what it gives in validation; `shared`: chosen for all classes that are rare there.

    precision: None where no segment is found; recall: None where there truly is none.
    """

    label: str
    threshold: float
    precision: float | None
    recall: float | None
    false_alarms_per_hour: float
    true: int
    shared: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Thresholds:
    """The score each class must reach, what that gives in validation, class by class, and for all together.

    goal: what was asked for, in words. hours: how long the validation videos last. missed: classes of which no
    threshold reaches it; the nearest is taken.
    """

    classes: tuple[Reached, ...]
    goal: str
    recall: float
    precision: float
    false_alarms_per_hour: float
    hours: float
    missed: tuple[str, ...] = ()

    @property
    def values_K(self) -> np.ndarray:
        """The thresholds."""
        return np.array([each.threshold for each in self.classes])

    @property
    def words(self) -> str:
        """What they give, in words."""
        names = ", ".join(self.missed[:5]) + (f" and {len(self.missed) - 5} more" if len(self.missed) > 5 else "")
        short = f" No threshold reaches {self.goal} for {names}: the nearest is taken." if names else ""
        found = (f"{self.recall:.0%} of what happens, at a precision of {self.precision:.0%}, with "
                 f"{self.false_alarms_per_hour:.1f} false alarms an hour")
        nothing = not self.recall and not self.false_alarms_per_hour
        return (f"In validation ({self.hours * 60:.0f} minutes) these thresholds, chosen for {self.goal}, find "
                f"{'nothing' if nothing else found}.{short}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"goal": self.goal, "recall": self.recall, "precision": self.precision, "hours": self.hours,
                "false_alarms_per_hour": self.false_alarms_per_hour, "missed": list(self.missed),
                "classes": [each.to_dict() for each in self.classes]}


@dataclass(frozen=True)
class Count:
    """What a threshold gives: how many segments are found, right, and truly there."""

    threshold: float
    found: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(self.found + self.true, 1)


def choose_thresholds(
    videos: Sequence[Judged], labels: Sequence[str], rule: Rule, goal: Goal, quiet: Sequence[str] = ()
) -> Thresholds:
    """The threshold of each class that reaches the goal on videos whose truth is known.

    A precision: the lowest threshold that reaches it, which finds most; where none does, the most precise one. A
    recall: the highest that reaches it. Of equally good ones the middle is taken. Segments count as right from a tIoU
    of 0.5. Classes with few true segments share a threshold, which is chosen on all of them together. Quiet classes
    are never to be found.
    """
    if not videos:
        raise DataError("There is no video to choose thresholds on.")
    if not any(truth for _, truth in videos):
        raise DataError("Nothing happens in the videos to choose thresholds on. Give split=val to some in which "
                        "something does.")
    smooth = [smoothed(track, rule.smooth_seconds) for track, _ in videos]
    hours = sum(track.lasts_seconds for track, _ in videos) / 3600
    counted = [[Count(NEVER, 0, 0, 0)] if label in quiet else counts(videos, smooth, label, k, rule)
               for k, label in enumerate(labels)]
    loud = [k for k, label in enumerate(labels) if label not in quiet]
    rare = [k for k in loud if counted[k][0].true < FEWEST]
    enough = sum(counted[k][0].true for k in rare) >= FEWEST
    common = pooled([counted[k] for k in (rare if enough else loud)])
    for_rare = best(common, goal)
    shared, chosen, missed = for_rare.threshold, [], list[str]()
    for k, label in enumerate(labels):
        count = nearest_count(counted[k], shared) if k in rare else best(counted[k], goal)
        judged = for_rare if k in rare else count
        if label not in quiet and judged.true and not goal.reached(judged):
            missed.append(label)
        wrong = (count.found - count.right) / max(hours, 1e-9)
        chosen.append(Reached(label, shared if k in rare else count.threshold,
                              count.precision if count.found else None, count.recall if count.true else None, wrong,
                              count.true, k in rare))
    values_K = np.array([each.threshold for each in chosen])
    found = {str(number): segments(track, labels, values_K, rule) for number, (track, _) in enumerate(videos)}
    all_in = temporal_map({str(number): truth for number, (_, truth) in enumerate(videos)}, found, hours * 3600)
    return Thresholds(tuple(chosen), goal.words, all_in.recall, all_in.precision, all_in.false_alarms_per_hour, hours,
                      tuple(missed))


def counts(
    videos: Sequence[Judged], smooth: Sequence[np.ndarray], label: str, k: int, rule: Rule
) -> list[Count]:
    """What each of some thresholds gives for one class, from the lowest up; at each also scores that occur."""
    peaks = np.concatenate([scores_NK[:, k] for scores_NK in smooth])
    tail = np.quantile(peaks, 1 - np.geomspace(1 / max(len(peaks), 2), 0.5, CANDIDATES // 2))
    grid = np.concatenate([np.linspace(0.05, 0.95, CANDIDATES // 2 - 1), [0.98, 0.99, 0.995]])
    made = []
    for threshold in np.unique(np.round(np.concatenate([tail[tail >= 0.02], grid]), 4)).tolist():
        found = right = true = 0
        for (track, truth), scores_NK in zip(videos, smooth, strict=True):
            there = np.array([(each.start_seconds, each.end_seconds) for each in truth if each.label == label])
            ours = of_class(track, scores_NK[:, k], threshold, rule)
            order = np.argsort([-score for _, _, score in ours], kind="stable")
            overlap_DG = tiou(np.array([run[:2] for run in ours]).reshape(-1, 2), there.reshape(-1, 2))
            found, true = found + len(ours), true + len(there)
            right += int(matches(overlap_DG, order, HIT).sum())
        made.append(Count(threshold, found, right, true))
    return made


def pooled(each: Sequence[Sequence[Count]]) -> list[Count]:
    """What one threshold gives for several classes together."""
    thresholds = sorted({count.threshold for counted in each for count in counted})
    made = []
    for threshold in thresholds:
        near = [nearest_count(counted, threshold) for counted in each]
        made.append(Count(threshold, *(sum(getattr(count, name) for count in near)
                                       for name in ("found", "right", "true"))))
    return made


def nearest_count(counted: Sequence[Count], threshold: float) -> Count:
    """Of one class's, that of the threshold nearest to another."""
    return min(counted, key=lambda count: abs(count.threshold - threshold))


def best(counted: Sequence[Count], goal: Goal) -> Count:
    """The threshold that reaches the goal."""
    if goal.recall is not None:
        reach = [count for count in counted if count.recall >= goal.recall]
        return reach[-1] if reach else max(counted, key=lambda count: (count.recall, count.threshold))
    if goal.precision is not None:
        reach = [count for count in counted if count.found and count.precision >= goal.precision]
        most = max((count.right for count in reach), default=0)
        if most:
            return middle([count for count in reach if count.right == most])
        some = [count for count in counted if count.right]
        return max(some, key=lambda count: count.precision) if some else Count(NEVER, 0, 0, counted[0].true)
    top = max(count.f1 for count in counted)
    return middle([count for count in counted if count.f1 >= top - 1e-9]) if top else Count(
        NEVER, 0, 0, counted[0].true)


def middle(counted: Sequence[Count]) -> Count:
    """Of equally good thresholds the middle one: those at the rim are good by chance."""
    return nearest_count(counted, (counted[0].threshold + counted[-1].threshold) / 2)
