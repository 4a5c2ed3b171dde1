"""Temporal difference networks: which size."""

from kinema.models.backbones.resnet import SIZES
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.blocks import counts_of
from kinema.weights.families.shapes import first


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    if first(shapes, r"^backbone\.motion_stem\.conv\.weight$") is None:
        return []
    counts = counts_of(shapes, "backbone")
    return [Candidate(f"tdn-{name}") for name in ("resnet50", "resnet101") if SIZES[name].counts == counts]
