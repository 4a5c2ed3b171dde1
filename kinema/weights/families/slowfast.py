"""SlowFast: which sizes, which lateral connections, which blocks cover frames."""

from typing import Any

from kinema.models.backbones.resnet import SIZES
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.blocks import attention_of, counts_of, followed, inflated, stem_of
from kinema.weights.families.shapes import first

SLOW, FAST = "backbone.slow", "backbone.fast"
DEPTHS: dict[tuple[int, ...], int] = {SIZES[f"resnet{depth}"].counts: depth for depth in (50, 101, 152)}
USUAL: dict[str, Any] = {"slow_inflate": ("0", "0", "1", "1"), "fast_inflate": ("1", "1", "1", "1")}
USUAL_DEPTH, USUAL_WIDTH = 50, SIZES["resnet50"].width
BOTH_RATES = 5  # taps of the lateral connections of published networks of either rate; those of 7 are all of alpha 4


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    counts = counts_of(shapes, SLOW)
    slow, fast = DEPTHS.get(counts), DEPTHS.get(counts_of(shapes, FAST))
    other = {"counts": counts} if not slow and all(counts) and counts == counts_of(shapes, FAST) else {}
    if other:
        slow = fast = USUAL_DEPTH
    width, narrow = stem_of(shapes, SLOW)[0], stem_of(shapes, FAST)[0]
    if not slow or not fast or not narrow:
        return []
    options = {**other, "beta": width // narrow, **lateral_of(shapes, slow, fast)}
    options |= {"fast_depth": fast} if fast != slow else {}
    found = {"slow_inflate": inflated(shapes, SLOW, 1), "fast_inflate": inflated(shapes, FAST, 1)}
    options |= {name: value for name, value in found.items() if value != USUAL[name]}
    if attention_of(shapes):
        options |= {"places": followed(shapes, SLOW), "attention": "dot_product"}
    options |= {} if width == USUAL_WIDTH else {"width_factor": width / USUAL_WIDTH}
    return [Candidate(f"slowfast-resnet{slow}", options)]


def lateral_of(shapes: Shapes, slow: int, fast: int) -> dict[str, Any]:
    """The lateral connections, and how many fast frames make a slow one, as published with them."""
    conv = first(shapes, r"^backbone\.laterals\.0\.0\.weight$")
    if conv:
        norm = first(shapes, r"^backbone\.laterals\.0\.1\.weight$") is not None
        alpha = 8 if conv[2] == BOTH_RATES and (slow, fast) != (101, 101) else 4
        return {"taps": conv[2], "ratio": conv[0] // conv[1], "lateral_norm": norm, "alpha": alpha}
    joined = (first(shapes, r"^backbone\.slow\.stages\.1\.0\.branch\.conv1\.weight$") or (0, 0))[1]
    times = (joined - stem_of(shapes, SLOW)[0]) // stem_of(shapes, FAST)[0]
    return {"lateral": "sample"} if times == 1 else {"lateral": "channels", "alpha": times}
