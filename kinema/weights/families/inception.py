"""Inception with a temporal module."""

from kinema.models.backbones.bn_inception import KINDS
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.readouts import relations
from kinema.weights.families.shapes import first, frames_of


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    inner = first(shapes, r"blocks\.3a\.core\.branch2\.1\.conv\.(space\.)?weight$")
    if inner is None:
        return []
    added = "+gate" * any(".gate.weigh." in key for key in shapes)
    if mix := first(shapes, r"before\.mix\.weight$"):
        return [Candidate("tam-inception_v1", {"taps": mix[2], "depthwise": mix[1] == 1})]
    if first(shapes, r"conv1\.core\.conv\.time\.weight$"):
        return [Candidate(f"s3d{added}-inception_3d")]
    if first(shapes, r"branch2\.1\.conv\.time\.weight$"):
        return [Candidate(f"s3d{added}-inception_v1")]
    return [Candidate("i3d-inception_v1" if frames_of(inner) > 1 else "tsn-inception_v1")]


def branched(shapes: Shapes) -> list[Candidate]:
    """The networks over Inception with batch norm, or v3, that weights under kinema's names may be of."""
    backbone = next((name for name, kind in KINDS.items()
                     if first(shapes, rf"blocks\.{next(iter(kind.mixed))}\.core\.(1x1|conv)\.0\.conv\.weight$")), None)
    if backbone is None:
        return []
    module, options = relations(shapes) or ("gsm" if first(shapes, r"\.shift\.gate\.") else "tsn", {})
    return [Candidate(f"{module}-{backbone}", options)]
