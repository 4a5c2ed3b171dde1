"""The same person from key frame to key frame. Axes in names: M and G boxes."""

from collections.abc import Sequence

import numpy as np

from kinema.detection.boxes import Boxes, iou

LEAST_IOU = 0.2


def follow(boxes: Sequence[Boxes], least_iou: float = LEAST_IOU) -> list[tuple[int, ...]]:
    """A number for each box of each key frame: that of the box of the key frame before which it overlaps most.

    The pairs that overlap most are joined first, each box once; one that overlaps none by `least_iou` gets a new
    number, counted from 1.
    """
    found: list[tuple[int, ...]] = []
    before: Boxes = np.zeros((0, 4))
    names: tuple[int, ...] = ()
    new = 1
    for boxes_M4 in boxes:
        overlap_MG = iou(boxes_M4, before)
        given: dict[int, int] = {}
        for flat in np.argsort(-overlap_MG, axis=None, kind="stable").tolist():
            here, there = divmod(flat, len(before))
            if overlap_MG[here, there] < least_iou:
                break
            if here not in given and names[there] not in given.values():
                given[here] = names[there]
        for here in range(len(boxes_M4)):
            if here not in given:
                given[here], new = new, new + 1
        before, names = boxes_M4, tuple(given[here] for here in range(len(boxes_M4)))
        found.append(names)
    return found


def between(early_4: np.ndarray, late_4: np.ndarray, share: float) -> np.ndarray:
    """The box on its way from one key frame to the next."""
    return early_4 + share * (late_4 - early_4)
