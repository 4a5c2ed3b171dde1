"""open-mmlab/mmaction2: tsn over torchvision's DenseNet, tsn and tsm over MMPretrain's MobileOne."""

from collections.abc import Collection
from dataclasses import replace

from kinema.models.backbones.mobileone import COUNTS
from kinema.weights.candidate import Candidate
from kinema.weights.zoos.hara import DENSE
from kinema.weights.zoos.mobilenet import shifted
from kinema.weights.zoos.zoo import Zoo

HEAD = ((r"^cls_head\.fc_cls\.", "classifier."), (r"^backbone\.features\.", "features."))

ONE = (
    (r"\.net\.", "."),
    (r"^backbone\.stage0\.", "backbone.stem."),
    *((rf"^backbone\.stage(\d)\.{unit}\.", rf"backbone.stages.\1.{unit // 2}.{('depth', 'point')[unit % 2]}.")
      for unit in range(2 * max(COUNTS))),
    (r"\.branch_conv_list\.", ".convs."),
    (r"\.branch_reparam\.", ".convs.0."),
    (r"\.branch_scale\.", ".pixel."),
    (r"\.(convs\.\d|pixel)\.norm\.", r".\1.bn."),
    (r"\.branch_norm\.", ".norm."),
    (r"\.se\.conv1\.conv\.", ".gate.squeeze."),
    (r"\.se\.conv2\.conv\.", ".gate.excite."),
)


def unrectified(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """What torchvision does after its last norm is no part of the layers that MMAction2 takes."""
    return replace(candidate, options={**candidate.options, "last_relu": False})


DENSENET = Zoo("mmaction2 densenet", r"^backbone\.features\.denseblock1\.denselayer1\.", HEAD + DENSE,
               refine=unrectified)
MOBILEONE = Zoo("mmaction2 mobileone", r"^backbone\.stage0\.(net\.)?branch_(reparam|conv_list)\.", HEAD + ONE,
                refine=shifted)
