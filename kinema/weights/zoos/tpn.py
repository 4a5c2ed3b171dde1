"""decisionforce/TPN (Yang et al., arXiv:2004.03548) and GluonCV's copy: slow over ResNets, with and without tpn.

MMAction2's OmniSource has the same names, and a second classifier, of images.
"""

import re
from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.zoo import Zoo

NECK = (
    (r"^backbone\.", ""),
    (r"^cls_head\.fc_cls\.", "fc."),
    (r"^cls_head\.fc3d\.2\.", "readout.layers.hidden."),
    (r"^cls_head\.fc3d\.3\.", "readout.layers.norm."),
    (r"^cls_head\.fc3d\.6\.", "fc."),
    (r"^(necks|TPN_neck)\.", "neck."),
    (r"^neck\.temporal_modulation_ops\.(\d)\.conv\.", r"backbone.neck.rates.\1.conv."),
    (r"^neck\.downsampling_ops\.0\.conv\.", "backbone.neck.up.conv."),
    (r"^neck\.spatial_modulation\.spatial_modulation\.0\.0\.", "backbone.neck.align."),
    (r"^neck\.pyramid_fusion_op\.0\.", "backbone.neck.fuse.conv."),
    (r"^neck\.pyramid_fusion_op\.1\.", "backbone.neck.fuse.bn."),
    (r"^neck\.level_fusion_op2\.", "backbone.neck.fuse_down."),
    (r"^neck\.level_fusion_op\.", "backbone.neck.fuse_up."),
    (r"\.ops\.0\.norm\.", ".low.bn."),
    (r"\.ops\.1\.norm\.", ".high.bn."),
    (r"\.ops\.0\.", ".low."),
    (r"\.ops\.1\.", ".high."),
    (r"\.fusion_conv\.0\.", ".both.conv."),
    (r"\.fusion_conv\.1\.", ".both.bn."),
)
ONLY_TRAINING = r"\.aux_head\.|^cls_head\.fc2d\."


def as_configured(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """The pyramid keeps one frame of a clip, that of 101 layers two in its lower level; clips are of 8, 16 or 32.

    A network of ResNets with no convolution over frames shifts, for 8 frames, and so do projections of its shortcuts;
    other code with these names has networks that do not.
    """
    if re.match(r"tsn-(tpn_)?resnet", candidate.model):
        return replace(candidate, model=candidate.model.replace("tsn-", "tsm-"),
                       options={**candidate.options, "before": "projection", "frames": 8},
                       open=candidate.open if "tpn_" in candidate.model else (*candidate.open, "model"))
    if "tpn_" not in candidate.model:
        return candidate
    rates = {"rates": (2, 1)} if candidate.model.endswith("resnet101") else {}
    return replace(candidate, options={**candidate.options, **rates, "frames": 8}, open=(*candidate.open, "frames"))


ZOOS = (
    Zoo("gluoncv tpn", r"^TPN_neck\.", NECK + RESNET, drop=ONLY_TRAINING, refine=as_configured),
    Zoo("tpn", r"^backbone\.layer1\.0\.conv1\.weight$", NECK + RESNET, drop=ONLY_TRAINING, refine=as_configured),
)
