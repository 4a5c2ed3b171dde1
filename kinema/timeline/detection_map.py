"""Temporal detection mAP: how well segments name what happens and when, as ActivityNet's evaluation computes it.

Axes in names: D found segments, G true ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinema.detection.frame_map import average_precision
from kinema.timeline.segments import Segment

TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7)
HIT = 0.5  # the tIoU from which a segment counts as found, where one number must do

Segments = Mapping[str, Sequence[Segment]]  # of each video, by its name


@dataclass(frozen=True)
class TemporalMAP:
    """Mean average precision at each temporal IoU, and what a user meets: hits, misses and false alarms (tIoU 0.5).

    classes: each label that truly happens, how often, and its average precision at each IoU. seconds: of all videos.
    Where nothing truly happens, mAP and recall are nan (None in JSON), and false alarms are all there is to tell.
    """

    tious: tuple[float, ...]
    classes: tuple[tuple[str, int, tuple[float, ...]], ...]
    found: int
    hits: int
    true: int
    seconds: float

    @property
    def means(self) -> tuple[float, ...]:
        """mAP at each IoU: the mean over the labels that truly happen."""
        if not self.classes:
            return (float("nan"),) * len(self.tious)
        return tuple(float(mean) for mean in np.mean([each for _, _, each in self.classes], axis=0))

    @property
    def average(self) -> float:
        """The mean over the IoUs."""
        return float(np.mean(self.means))

    @property
    def recall(self) -> float:
        """The share of true segments that are found."""
        return self.hits / self.true if self.true else float("nan")

    @property
    def precision(self) -> float:
        """The share of found segments that are true; 1 where none was found."""
        return self.hits / self.found if self.found else 1.0

    @property
    def false_alarms_per_hour(self) -> float:
        """Found segments that are not true, in an hour of video."""
        return (self.found - self.hits) / max(self.seconds, 1e-9) * 3600

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        there = bool(self.true)
        return {
            "mAP": {str(tiou): mean if there else None for tiou, mean in zip(self.tious, self.means, strict=True)},
            "average_mAP": self.average if there else None, "recall": self.recall if there else None,
            "precision": self.precision, "false_alarms_per_hour": self.false_alarms_per_hour,
            "true": self.true, "found": self.found, "hits": self.hits, "hours": self.seconds / 3600,
            "classes": [{"label": label, "true": count, "average_precision": list(each)}
                        for label, count, each in self.classes],
        }


def temporal_map(truth: Segments, found: Segments, seconds: float, tious: Sequence[float] = TIOUS) -> TemporalMAP:
    """Judge found segments against the truth, video by video; videos are known by the same names in both.

    From the best segment down, one is right if it overlaps a true one of its label and video that no better one has
    taken by a temporal IoU of `tious` or more; of several, it takes the one that it overlaps most. seconds: how long
    the videos last together.
    """
    labels = sorted({segment.label for segments in truth.values() for segment in segments})
    classes = []
    for label in labels:
        right_DT, scores_D, true = judged(truth, found, label, tious)
        each = tuple(average_precision(scores_D, right_D, true) for right_D in right_DT.T)
        classes.append((label, true, each))
    hits = sum(int(judged(truth, found, label, (HIT,))[0].sum()) for label in labels)
    return TemporalMAP(tuple(tious), tuple(classes), sum(map(len, found.values())), hits,
                       sum(map(len, truth.values())), seconds)


def judged(truth: Segments, found: Segments, label: str, tious: Sequence[float]) -> tuple[np.ndarray, np.ndarray, int]:
    """Which segments of a label are right at each IoU (D T), their scores (D), and how many there truly are."""
    rights, scores = [np.zeros((0, len(tious)), bool)], [np.zeros(0)]
    for video in dict.fromkeys([*truth, *found]):
        there = times(truth.get(video, ()), label)
        ours = [segment for segment in found.get(video, ()) if segment.label == label]
        scores_D = np.array([segment.score for segment in ours])
        order = np.argsort(scores_D, kind="stable")[::-1]  # of equal scores the later first, as in the official code
        overlap_DG = tiou(times(ours, label), there)
        rights.append(np.stack([matches(overlap_DG, order, least) for least in tious], axis=1))
        scores.append(scores_D)
    true = sum(len(times(segments, label)) for segments in truth.values())
    return np.concatenate(rights), np.concatenate(scores), true


def times(segments: Iterable[Segment], label: str) -> np.ndarray:
    """Start and end of the segments of a label (D 2)."""
    return np.array([(each.start_seconds, each.end_seconds) for each in segments if each.label == label]).reshape(-1, 2)


def tiou(found_D2: np.ndarray, true_G2: np.ndarray) -> np.ndarray:
    """The temporal intersection over union of each pair (D G)."""
    start_DG = np.maximum(found_D2[:, None, 0], true_G2[None, :, 0])
    end_DG = np.minimum(found_D2[:, None, 1], true_G2[None, :, 1])
    both_DG = np.clip(end_DG - start_DG, 0, None)
    lasts_D, lasts_G = np.diff(found_D2, axis=1), np.diff(true_G2, axis=1)[:, 0]
    return both_DG / np.maximum(lasts_D + lasts_G - both_DG, 1e-12)


def matches(overlap_DG: np.ndarray, order: np.ndarray, least: float) -> np.ndarray:
    """Which segments are right: in this order each takes the true one it overlaps most, of those that are left."""
    right_D = np.zeros(len(overlap_DG), bool)
    free_G = np.ones(overlap_DG.shape[1], bool)
    for number in order.tolist():
        left_G = np.where(free_G, overlap_DG[number], -1.0)
        if left_G.size and left_G.max() >= least:
            free_G[left_G.argmax()] = False
            right_D[number] = True
    return right_D
