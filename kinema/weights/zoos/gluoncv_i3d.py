"""dmlc/gluon-cv (torch) and X-Temporal: I3D over ResNets, with non-local blocks, and SlowFast.

GluonCV's Slow has the names of torchvision's ResNets (see ibm), its TPN those of TPN's own code (tpn).
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.zoo import Zoo

BLOCKS = (
    (r"(stages\.\d\.\d+)\.downsample\.0\.", r"\1.shortcut.conv."),
    (r"(stages\.\d\.\d+)\.downsample\.1\.", r"\1.shortcut.bn."),
    (r"(stages\.\d\.\d+)\.(conv|bn)(\d)\.", r"\1.branch.\2\3."),
    (r"^(fc|head\.1)\.", "classifier."),
)
SINGLE = (
    (r"^first_stage\.0\.", "backbone.stem.conv."),
    (r"^first_stage\.1\.", "backbone.stem.bn."),
    *((rf"^res_layers\.{stage - 1}\.", f"backbone.stages.{stage}.") for stage in (1, 2, 3, 4)),
    (r"\.nonlocal_block\.theta\.", ".after.query."),
    (r"\.nonlocal_block\.phi\.", ".after.key."),
    (r"\.nonlocal_block\.g\.", ".after.value."),
    (r"\.nonlocal_block\.(W|W_bn\.0)\.", ".after.out."),
    (r"\.nonlocal_block\.(bn|W_bn\.1)\.", ".after.norm."),
)
DOUBLE = (
    (r"^.*?(?=(slow|fast)_(conv|bn|res)\d|lateral_(p|res)\d|fc\.)", ""),
    (r"^(slow|fast)_(conv|bn)1\.", r"backbone.\1.stem.\2."),
    *((rf"^(slow|fast)_res{stage + 1}\.", rf"backbone.\1.stages.{stage}.") for stage in (1, 2, 3, 4)),
    *((rf"^lateral_(p|res){stage}\.(?=[01]\.)", f"backbone.laterals.{stage - 1}.") for stage in (1, 2, 3, 4)),
    *((rf"^lateral_(p|res){stage}\.weight", f"backbone.laterals.{stage - 1}.0.weight") for stage in (1, 2, 3, 4)),
)
STEPS = {"conv_step": 2, "pool_step": 2}
EMBEDDED = {"attention": "softmax", "scale": True, "subsample": False}


def as_configured(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """I3D strides its stem over frames; its attention is scaled softmax over all places."""
    embedded = EMBEDDED if "nonlocal" in candidate.model else {}
    return replace(candidate, options={**candidate.options, **STEPS, **embedded}, open=())


def every_fourth(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """Lateral connections without batch norm are X-Temporal's, whose slow pathway sees every fourth frame."""
    bare = candidate.options.get("lateral_norm") is False
    return replace(candidate, options={**candidate.options, "alpha": 4}) if bare else candidate


ZOOS = (
    Zoo("gluoncv i3d", r"^res_layers\.0\.0\.conv1\.", SINGLE + BLOCKS, refine=as_configured),
    Zoo("gluoncv or x-temporal slowfast", r"(^|\.)fast_res2\.0\.conv1\.", DOUBLE + BLOCKS, zeros=r"^classifier\.bias$",
        options={"pick": "strided"}, refine=every_fourth),
)
