"""UniFormerV2: its size, its local and global attentions, and the stem's step over frames."""

import math
from typing import Any

from kinema.models.clip import ClipSpec
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first

HEAD = 64  # channels of a head, in every published size
PUBLISHED = {(12, 4), (12, 8), (24, 4), (24, 16)}  # blocks, and global blocks: always after the last ones


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    stem, space = shapes.get("backbone.stem.weight"), shapes.get("backbone.positions.space")
    if "backbone.clip_token" not in shapes or stem is None or space is None:
        return []
    width, patch, halve = stem[0], stem[-1], stem[2] > 1
    depth = count(shapes, r"^backbone\.blocks\.(\d+)\.")
    globals_ = count(shapes, r"^backbone\.globals\.(\d+)\.")
    local = count(shapes, r"^backbone\.blocks\.0\.local\.(\d)\.")
    side = math.isqrt(math.prod(space) // width - 1) * patch
    options: dict[str, Any] = {
        "width": width, "depth": depth, "heads": max(width // HEAD, 1), "patch": patch, "halve": halve, "local": local,
        "globals": globals_, "balance": "backbone.balance" in shapes,
        "clip": ClipSpec(16 if halve else 8, side, side),
    }
    if narrow := first(shapes, r"local\.0\.enter\.weight$"):
        options["narrow"] = narrow[0]
    open_ = ("heads",) * (width % HEAD > 0) + ("after",) * ((depth, globals_) not in PUBLISHED)
    return [Candidate("uniformerv2_l14" if (width, patch) == (1024, 14) else "uniformerv2_b16", options, open_)]
