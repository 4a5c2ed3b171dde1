"""Densely connected networks: which size, and whether they see frames."""

from kinema.models.backbones.densenet import COUNTS
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first, frames_of

LAYER = r"^backbone\.stages\.{}\.(\d+)\.branch\."


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    counts = tuple(count(shapes, LAYER.format(stage)) for stage in (1, 2, 3, 4))
    frames = frames_of(first(shapes, r"stem\.conv\.weight$"))
    seeing = frames_of(first(shapes, r"branch\.conv2\.weight$")) > 1
    names = [name for name, size in COUNTS.items() if size == counts]
    if not seeing:
        return [Candidate(f"tsn-{name}") for name in names]
    return [Candidate(f"r3d-{name}-tp", {"stem_frames": frames}) for name in names]
