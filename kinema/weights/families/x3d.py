"""X3D: which size, and the form of its first shortcut and of its head."""

from typing import Any

from kinema.models.backbones.x3d import HIDDEN, SIZES
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.blocks import counts_of
from kinema.weights.families.shapes import first

LAST = r"^backbone\.stages\.{}\.0\.branch\.conv3\.weight$"
USUAL = ("x3d_m", "x3d_l", "x3d_xl")  # x3d_xs and x3d_s differ from x3d_m in nothing but the clip


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    head, stem = first(shapes, r"^backbone\.head\.hidden\.weight$"), first(shapes, r"^backbone\.stem\.space\.weight$")
    ends = [shape for stage in (1, 2, 3, 4) if (shape := first(shapes, LAST.format(stage)))]
    if head is None or stem is None or len(ends) < 4:
        return []
    found: dict[str, Any] = {
        "counts": counts_of(shapes, "backbone"),
        "widths": tuple(outputs for outputs, *_ in ends), "bottleneck": bottleneck_of(ends), "hidden": head[0],
        "hidden_norm": "backbone.head.hidden_bn.weight" in shapes,
        "shortcut_norm": first(shapes, r"^backbone\.stages\.1\.0\.shortcut\.bn\.") is not None,
    }
    usual = {name: {"counts": size.counts, "widths": size.widths, "bottleneck": size.bottleneck, "hidden": HIDDEN,
                    "hidden_norm": False, "shortcut_norm": True} for name, size in SIZES.items() if name in USUAL}
    apart = {name: {key: value for key, value in found.items() if own[key] != value} for name, own in usual.items()}
    name = min(USUAL, key=lambda name: len(apart[name]))
    return [Candidate(name, apart[name])]


def bottleneck_of(ends: list[tuple[int, ...]]) -> float:
    """How many times the channels there are inside blocks; `ends` are the shapes of each stage's last convolution.

    It is known as far as whole channels show it, so that the shortest number that fits all is meant.
    """
    exact = ends[-1][1] / ends[-1][0]
    near = (round(exact + up, digits) for digits in (1, 2, 3, 4) for up in (0.0, 0.5 * 10.0**-digits))
    fits = (number for number in near if all(int(number * outputs) == inner for outputs, inner, *_ in ends))
    return next(fits, exact)
