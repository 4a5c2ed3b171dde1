"""ECO: with the rest of BN-Inception beside the 3-D part, or without."""

from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.clips import clip_of
from kinema.weights.families.shapes import first


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    if "backbone.together.0.weight" not in shapes:
        return []
    name = "eco" if any(key.startswith("backbone.alone.") for key in shapes) else "eco_lite"
    stem = first(shapes, r"^backbone\.trunk\.blocks\.conv1\.core\.0\.conv\.weight$") or (0, 3)
    return [Candidate(name, clip_of(name, stem[1]))]
