"""Boxes as numbers: x1, y1, x2, y2, as parts of a picture or in pixels. Axes in names: M and G boxes."""

import numpy as np
from numpy.typing import NDArray

from kinema.data.transforms.boxes import Box as Cut

Boxes = NDArray[np.float64]  # M 4


def iou(some_M4: Boxes, others_G4: Boxes) -> NDArray[np.float64]:
    """The area that each box shares with each other one, over what both cover (M G); 0 where neither has an area."""
    low_MG2 = np.maximum(some_M4[:, None, :2], others_G4[None, :, :2])
    high_MG2 = np.minimum(some_M4[:, None, 2:], others_G4[None, :, 2:])
    shared_MG = np.maximum(high_MG2 - low_MG2, 0).prod(axis=2)
    both_MG = area(some_M4)[:, None] + area(others_G4)[None] - shared_MG
    return np.divide(shared_MG, both_MG, out=np.zeros_like(shared_MG), where=both_MG != 0)


def area(boxes_M4: Boxes) -> NDArray[np.float64]:
    """Width times height (M)."""
    return (boxes_M4[:, 2] - boxes_M4[:, 0]) * (boxes_M4[:, 3] - boxes_M4[:, 1])


def seen_in(boxes_M4: Boxes, picture: tuple[int, int], cut: Cut) -> Boxes:
    """Boxes of a picture of (height, width) pixels as parts of what is cut out of it; they end at its edges.

    One that lies outside has no area left.
    """
    height, width = picture
    pixels_M4 = boxes_M4 * [width, height, width, height]
    moved_M4 = (pixels_M4 - [cut.left, cut.top] * 2) / [cut.width, cut.height, cut.width, cut.height]
    return np.clip(moved_M4, 0, 1)


def mirrored(boxes_M4: Boxes) -> Boxes:
    """Boxes in the mirrored picture."""
    return np.stack([1 - boxes_M4[:, 2], boxes_M4[:, 1], 1 - boxes_M4[:, 0], boxes_M4[:, 3]], axis=1)


def visible(boxes_M4: Boxes, least: float = 0.0) -> NDArray[np.bool_]:
    """Which boxes have more than `least` of area (M)."""
    return (boxes_M4[:, 2] > boxes_M4[:, 0]) & (boxes_M4[:, 3] > boxes_M4[:, 1]) & (area(boxes_M4) > least)
