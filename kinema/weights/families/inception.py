"""Inception with a temporal module."""

from dataclasses import replace
from typing import Any

from kinema.models.backbones.bn_inception import KINDS
from kinema.models.clip import CHANNELS
from kinema.models.names import usual_clip
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.readouts import relations
from kinema.weights.families.shapes import first, frames_of


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    inner = first(shapes, r"blocks\.3a\.core\.branch2\.1\.conv\.(space\.)?weight$")
    stem = first(shapes, r"blocks\.conv1\.core\.conv\.(space\.)?weight$")
    if inner is None or stem is None:
        return []
    options, added = fed(stem[1], "inception_3d"), "+gate" * any(".gate.weigh." in key for key in shapes)
    if mix := first(shapes, r"before\.mix\.weight$"):
        return [Candidate("tam-inception_v1", {"taps": mix[2], "depthwise": mix[1] == 1, **options})]
    if first(shapes, r"conv1\.core\.conv\.time\.weight$"):
        return [Candidate(f"s3d{added}-inception_3d", options)]
    if first(shapes, r"branch2\.1\.conv\.time\.weight$"):
        return [Candidate(f"s3d{added}-inception_v1", options)]
    return [Candidate("i3d-inception_v1" if frames_of(inner) > 1 else "tsn-inception_v1", options)]


def branched(shapes: Shapes) -> list[Candidate]:
    """The networks over Inception with batch norm, or v3, that weights under kinema's names may be of."""
    backbone = next((name for name, kind in KINDS.items()
                     if first(shapes, rf"blocks\.{next(iter(kind.mixed))}\.core\.(1x1|conv)\.0\.conv\.weight$")), None)
    if backbone is None:
        return []
    module, options = relations(shapes) or ("gsm" if first(shapes, r"\.shift\.gate\.") else "tsn", {})
    stem = first(shapes, r"blocks\.conv1?\.core\.0\.conv\.weight$") or (0, 3)
    return [Candidate(f"{module}-{backbone}", {**options, **fed(stem[1], backbone)})]


def fed(channels: int, backbone: str) -> dict[str, Any]:
    """The option that says what a network is fed whose stem takes so many channels, where that is not colour."""
    kinds = [kind for kind, count in CHANNELS.items() if count == channels]
    usual = usual_clip(backbone, None)
    return {} if channels == CHANNELS["rgb"] or not kinds else {"clip": replace(usual, input=kinds[-1])}
