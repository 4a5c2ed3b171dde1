"""MobileNetV2: how wide it is, and with which temporal module."""

from kinema.models.backbones.mobilenet import BLOCKS, GROUPS, WIDTHS
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.resnet import module_of
from kinema.weights.families.shapes import first, frames_of

LAST_BLOCKS = [sum(count for _, count, _, _ in GROUPS[:group]) for group in range(1, len(GROUPS) + 1)]


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    if first(shapes, rf"^backbone\.blocks\.{BLOCKS}\.branch\.conv3\.weight$") is None:
        return []
    convs = ["stem.conv", *(f"blocks.{block}.branch.conv3" for block in LAST_BLOCKS), "last.conv"]
    widths = tuple(shapes.get(f"backbone.{conv}.weight", (0,))[0] for conv in convs)
    module, options = module_of(shapes) or ("tsn", {})
    if frames_of(first(shapes, r"^backbone\.blocks\.1\.branch\.conv2\.weight$")) > 1:
        module = "i3d"
    options |= {} if widths == WIDTHS else {"widths": widths}
    return [Candidate(f"{module}-mobilenet_v2", options)]
