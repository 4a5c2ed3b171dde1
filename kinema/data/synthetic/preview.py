"""A sheet of a set's clips to look at: one row per class, time from left to right."""

import numpy as np

from kinema.data.synthetic.make import KINDS, draw, plan
from kinema.data.synthetic.shapes import Array
from kinema.data.synthetic.spec import SyntheticSpec


def preview(spec: SyntheticSpec, rows: int = 1, columns: int = 8, skip: int = 0) -> Array:
    """Draw `rows` clips of each class, `columns` frames of each side by side: an image (H, W, 3), uint8."""
    clips, found = plan(spec), []
    for label in KINDS[spec.kind].labels:
        for clip in [clip for clip in clips if clip.label == label][skip:skip + rows]:
            shown = np.linspace(0, spec.frames - 1, columns).round().astype(int)
            found.append(np.concatenate(list(draw(spec, clip).frames_THWC[shown]), axis=1))
    return np.concatenate(found, axis=0)
