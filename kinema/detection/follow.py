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
        given = {here: names[there] for here, there in joined(boxes_M4, before, least_iou).items()}
        for here in range(len(boxes_M4)):
            if here not in given:
                given[here], new = new, new + 1
        before, names = boxes_M4, tuple(given[here] for here in range(len(boxes_M4)))
        found.append(names)
    return found


def joined(boxes_M4: Boxes, before_G4: Boxes, least_iou: float = LEAST_IOU) -> dict[int, int]:
    """Which box is which of those before: the pairs that overlap most first, each box once."""
    overlap_MG = iou(boxes_M4, before_G4)
    given: dict[int, int] = {}
    for flat in np.argsort(-overlap_MG, axis=None, kind="stable").tolist():
        here, there = divmod(flat, len(before_G4))
        if overlap_MG[here, there] < least_iou:
            break
        if here not in given and there not in given.values():
            given[here] = there
    return given


def between(early_4: np.ndarray, late_4: np.ndarray, share: float) -> np.ndarray:
    """The box on its way from one key frame to the next."""
    return early_4 + share * (late_4 - early_4)
