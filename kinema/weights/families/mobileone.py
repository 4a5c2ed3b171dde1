"""MobileOne: how wide it is, how many convolutions stand side by side, and which blocks have gates."""

from typing import Any

from kinema.models.backbones import BACKBONES
from kinema.models.backbones.mobileone import COUNTS
from kinema.models.options import usual_values
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first

NAME = "mobileone_s4"


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    points = [first(shapes, rf"^backbone\.stages\.{stage}\.0\.point\.convs\.0\.(conv\.)?weight$")
              for stage in range(1, len(COUNTS) + 1)]
    stem = first(shapes, r"^backbone\.stem\.convs\.0\.(conv\.)?weight$")
    if stem is None or None in points:
        return []
    options: dict[str, Any] = {
        "widths": (stem[0], *(point[0] for point in points if point)),
        "branches": count(shapes, r"^backbone\.stages\.1\.0\.point\.convs\.(\d+)\."),
        "gates": tuple(count(shapes, rf"^backbone\.stages\.{stage}\.(\d+)\.point\.gate\.squeeze\.weight$")
                       for stage in range(1, len(COUNTS) + 1)),
        "fused": "backbone.stem.convs.0.bias" in shapes,
    }
    usual = usual_values(BACKBONES[NAME].build)
    return [Candidate(f"tsn-{NAME}", {key: value for key, value in options.items() if value != usual[key]})]
