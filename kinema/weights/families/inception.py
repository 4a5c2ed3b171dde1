"""Inception with a temporal module."""

from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import first, frames_of


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    inner = first(shapes, r"blocks\.3a\.core\.branch2\.1\.conv\.(space\.)?weight$")
    if inner is None:
        return []
    if mix := first(shapes, r"before\.mix\.weight$"):
        return [Candidate("tam-inception_v1", {"taps": mix[2], "depthwise": mix[1] == 1})]
    if first(shapes, r"branch2\.1\.conv\.time\.weight$"):
        return [Candidate("s3d-inception_v1")]
    return [Candidate("i3d-inception_v1" if frames_of(inner) > 1 else "tsn-inception_v1")]
