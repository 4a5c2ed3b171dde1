"""Which blocks of a residual network cover frames, or are followed by attention, as patterns of 1s and 0s."""

import re
from collections.abc import Callable

from kinema.models.temporal.pattern import pattern_of
from kinema.weights.candidate import Shapes
from kinema.weights.families.shapes import count, first, frames_of

STAGES = (1, 2, 3, 4)


def counts_of(shapes: Shapes, root: str) -> tuple[int, ...]:
    """How many blocks each stage has; `root` is the network's name, "backbone" as a rule."""
    return tuple(count(shapes, rf"^{root}\.stages\.{stage}\.(\d+)\.branch") for stage in STAGES)


def patterns(shapes: Shapes, root: str, picked: Callable[[str], bool]) -> tuple[str, ...]:
    """The blocks that are picked by their names, as one pattern a stage."""
    return tuple(pattern_of([picked(f"{root}.stages.{stage}.{index}") for index in range(number)])
                 for stage, number in zip(STAGES, counts_of(shapes, root), strict=True))


def inflated(shapes: Shapes, root: str, conv: int) -> tuple[str, ...]:
    """The blocks whose first (1), second or third convolution covers frames."""
    return patterns(shapes, root, lambda block: frames_of(shapes.get(f"{block}.branch.conv{conv}.weight")) > 1)


def followed(shapes: Shapes, root: str) -> tuple[str, ...]:
    """The blocks that a non-local block follows."""
    return patterns(shapes, root, lambda block: f"{block}.after.value.weight" in shapes)


def attention_of(shapes: Shapes) -> str:
    """The kind of the non-local blocks: empty when there are none, "softmax" where it may be "dot_product" too."""
    if not first(shapes, r"\.after\.value\.weight$"):
        return ""
    if first(shapes, r"\.after\.mix\.weight$"):
        return "concatenation"
    return "softmax" if first(shapes, r"\.after\.query\.weight$") else "gaussian"


def stem_of(shapes: Shapes, root: str) -> tuple[int, ...]:
    """The shape of the stem's convolution; zeros where there is none."""
    return first(shapes, rf"^{re.escape(root)}\.stem\.conv\.weight$") or (0, 0)
