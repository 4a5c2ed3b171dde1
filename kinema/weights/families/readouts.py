"""Readouts that have weights."""

from typing import Any

from kinema.weights.candidate import Shapes
from kinema.weights.families.shapes import count, first


def relations(shapes: Shapes) -> tuple[str, dict[str, Any]] | None:
    """The module whose readout relates frames, and its options; None where there is none."""
    scales, embed = count(shapes, r"^readout\.scales\.(\d+)\."), first(shapes, r"^readout\.embed\.weight$")
    widest = first(shapes, r"^readout\.scales\.0\.weight$")
    if embed is None or widest is None:
        return None
    options = {"frames": widest[1] // embed[0], "features": embed[0], "hidden": widest[0]}
    return "trn_multiscale" if scales > 1 else "trn", options
