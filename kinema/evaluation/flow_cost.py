"""What the optical flow of a clip costs before a network sees it. Axes: H rows, W columns, C channels."""

import time
from math import ceil
from statistics import median

import numpy as np

from kinema.data.flow import find_flow
from kinema.data.transforms.resize import STORED_SIDE
from kinema.models.clip import ClipSpec

WIDE = 16 / 9  # of the pictures it is measured on
SHIFT = 2  # pixels by which they differ
PAIRS = 5


def flow_fields(spec: ClipSpec) -> int:
    """How many fields are found for one clip: neighbouring frames share them; those of distant frames share none."""
    row, rows = 1, spec.frames
    if spec.sampling == "uniform":
        row, rows = spec.neighbours, spec.frames // spec.neighbours
    elif spec.stride <= spec.fields:
        row, rows = (spec.frames - 1) * spec.stride + 1, 1
    return rows * (row + spec.fields - 1) if spec.fields else 0


def flow_seconds(spec: ClipSpec) -> float:
    """How long this machine takes to find the flow of one clip, in one thread; 0 for a clip without flow.

    Measured on made-up pictures, 16 : 9 and as large as clips are kept: the median of a few pairs, for each field.
    """
    if not spec.fields:
        return 0.0
    side = min(spec.height, spec.width) * STORED_SIDE
    height, width = ceil(side), ceil(side * WIDE)
    coarse_HWC = np.random.default_rng(0).integers(0, 256, (height // 8 + 2, width // 8 + 3, 3), dtype=np.uint8)
    scene_HWC = coarse_HWC.repeat(8, 0).repeat(8, 1)
    first, second = scene_HWC[:height, :width], scene_HWC[:height, SHIFT : width + SHIFT]
    find_flow([(first, second)], spec.flow)  # what comes first takes longer
    taken = []
    for _ in range(PAIRS):
        started = time.perf_counter()
        find_flow([(first, second)], spec.flow)
        taken.append(time.perf_counter() - started)
    return median(taken) * flow_fields(spec)
