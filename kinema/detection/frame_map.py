"""Frame mAP: how well results name the actions of the people at key frames, as AVA's official evaluation computes it.

The arithmetic is that of ActivityNet's `get_ava_performance.py`, which computes PASCAL VOC's measure over all points.
Axes in names: D detections, G true boxes.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinema.detection.ava import BoxRow, Key
from kinema.detection.boxes import iou
from kinema.errors import DataError

LEAST_IOU = 0.5
MOST_RESULTS = 50  # of a key frame that count: the best


@dataclass(frozen=True)
class ClassResult:
    """One action: its number and name, how many boxes truly show it, and its average precision (nan without any)."""

    action: int
    label: str
    boxes: int
    average_precision: float


@dataclass(frozen=True)
class FrameMAP:
    """`mean`: of the average precision of all actions that any true box shows, 0 to 1.

    frames: key frames with truth.
    """

    mean: float
    classes: tuple[ClassResult, ...]
    frames: int
    least_iou: float = LEAST_IOU

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; an action that no box shows has no average precision."""
        return {
            "mAP": self.mean, "least_iou": self.least_iou, "frames": self.frames,
            "boxes": sum(one.boxes for one in self.classes),
            "classes": [{"action": one.action, "label": one.label, "boxes": one.boxes,
                         "average_precision": one.average_precision if one.boxes else None} for one in self.classes],
        }


def frame_map(
    truth: Iterable[BoxRow], results: Iterable[BoxRow], classes: Mapping[int, str],
    excluded: frozenset[Key] = frozenset(), least_iou: float = LEAST_IOU,
) -> FrameMAP:
    """Judge results against the truth. Rows of actions that are no classes, and of excluded key frames, do not count.

    Of each key frame the 50 best results count. In each, class by class and from the best result down, a result is
    right if its overlap with the true box that it overlaps most is `least_iou` or more, and no result before it has
    taken that box; it does not turn to another one. Results at key frames without truth are wrong; boxes without area
    are passed over. Classes that no true box shows are left out of the mean. DataError where no true box shows any.
    """
    true = by_frame((row for row in truth if row.action in classes and row.key not in excluded), most=0)
    found = by_frame((row for row in results if row.action in classes and row.key not in excluded), MOST_RESULTS)
    counts: dict[int, int] = defaultdict(int)
    for rows in true.values():
        for row in rows:
            counts[row.action] += 1
    if not counts:
        raise DataError("No box of the truth shows any of the classes; are the label map and the truth of one set?")
    scores: dict[int, list[np.ndarray]] = defaultdict(list)
    rights: dict[int, list[np.ndarray]] = defaultdict(list)
    for key, rows in found.items():
        there = by_action(true.get(key, ()))
        for action, ones in by_action([row for row in rows if has_area(row)]).items():
            scores[action].append(np.array([row.score for row in ones]))
            rights[action].append(matches(corners(ones), corners(there.get(action, ())), least_iou))
    each = tuple(
        ClassResult(action, label, counts[action], average_precision(
            np.concatenate(scores[action] or [np.zeros(0)]), np.concatenate(rights[action] or [np.zeros(0, bool)]),
            counts[action]))
        for action, label in sorted(classes.items())
    )
    return FrameMAP(float(np.nanmean([one.average_precision for one in each])), each, len(true), least_iou)


def by_frame(rows: Iterable[BoxRow], most: int) -> dict[Key, list[BoxRow]]:
    """The rows of each key frame, in the order in which these first came, from the best down; 0: all, else the best.

    Equal scores matter, since a box goes to the first of them. Their order is that of the official evaluation, which
    keeps each frame's rows in a heap (by score, action, y1, x1, y2, x2) and then sorts that by score alone.
    """
    heaps: dict[Key, list[tuple[float, int, float, float, float, float]]] = {}
    for row in rows:
        x1, y1, x2, y2 = row.box
        heap, entry = heaps.setdefault(row.key, []), (row.score, row.action, y1, x1, y2, x2)
        if not most or len(heap) < most:
            heapq.heappush(heap, entry)
        elif row.score > heap[0][0]:
            heapq.heapreplace(heap, entry)
    return {
        key: [BoxRow(*key, (x1, y1, x2, y2), action, score)
              for score, action, y1, x1, y2, x2 in sorted(heap, key=lambda entry: -entry[0])]
        for key, heap in heaps.items()
    }


def by_action(rows: Sequence[BoxRow]) -> dict[int, list[BoxRow]]:
    """Rows by their action, in their order."""
    found: dict[int, list[BoxRow]] = {}
    for row in rows:
        found.setdefault(row.action, []).append(row)
    return found


def has_area(row: BoxRow) -> bool:
    """Whether a box is one."""
    return row.box[0] < row.box[2] and row.box[1] < row.box[3]


def corners(rows: Sequence[BoxRow]) -> np.ndarray:
    """The boxes of rows, D 4."""
    return np.array([row.box for row in rows], dtype=np.float64).reshape(-1, 4)


def matches(found_D4: np.ndarray, true_G4: np.ndarray, least_iou: float) -> np.ndarray:
    """Which of the results, best first, are right."""
    right_D = np.zeros(len(found_D4), dtype=bool)
    if not len(true_G4):
        return right_D
    overlap_DG = iou(found_D4, true_G4)
    taken: set[int] = set()
    for number, best in enumerate(overlap_DG.argmax(axis=1).tolist()):
        if overlap_DG[number, best] >= least_iou and best not in taken:
            taken.add(best)
            right_D[number] = True
    return right_D


def average_precision(scores_D: np.ndarray, right_D: np.ndarray, true_boxes: int) -> float:
    """The area under precision over recall, each precision raised to the best at any higher recall; nan without truth.

    Of equal scores the later ones come first, as in the official evaluation (which leaves this to numpy's sort, whose
    order of more than 16 equal scores is its own; here it is always the reverse).
    """
    if not true_boxes:
        return float("nan")
    right_D = right_D[np.argsort(scores_D, kind="stable")[::-1]]
    found_D = np.cumsum(right_D)
    precision_D = found_D / np.arange(1, len(found_D) + 1)
    raised_D = np.maximum.accumulate(precision_D[::-1])[::-1]
    return float(raised_D[right_D].sum() / true_boxes)
